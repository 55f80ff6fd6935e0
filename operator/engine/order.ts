import type { AnyComponent } from '../components/contract.ts';

/**
 * Components in dependency order, as levels: those of one level do not depend on each other and run in parallel.
 *
 * @throws Error when a dependency is not in the list or depends on itself in a circle: a fault of the registry.
 */
export function orderComponents(components: readonly AnyComponent[]): readonly (readonly AnyComponent[])[] {
  const names = new Set(components.map(({ name }) => name));
  const unknown = components.flatMap((one) => one.dependsOn.filter((name) => !names.has(name)));
  if (unknown.length > 0) {
    throw new Error(`no component is named ${unknown.join(', ')}; the registry has ${[...names].join(', ')}`);
  }
  const levels: (readonly AnyComponent[])[] = [];
  const done = new Set<string>();
  while (done.size < components.length) {
    const level = components.filter((one) => !done.has(one.name) && one.dependsOn.every((name) => done.has(name)));
    if (level.length === 0) {
      const circle = components.filter(({ name }) => !done.has(name)).map(({ name }) => name);
      throw new Error(`components depend on each other in a circle: ${circle.join(', ')}`);
    }
    levels.push(level);
    for (const { name } of level) {
      done.add(name);
    }
  }
  return levels;
}
