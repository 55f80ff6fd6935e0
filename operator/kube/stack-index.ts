import type { StackKey } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';
import type { PackedObject } from './packed-object.ts';

/** Which objects belong to which stack, so that a pass never looks at those of others. */
export class StackIndex {
  /** Lists instead of sets: a stack has some sixty objects, and a list takes a fifth of the memory. */
  readonly #objects = new Map<StackKey, PackedObject[]>();

  /** An object came (`after` alone), went (`before` alone) or was replaced by a newer version. */
  update(before: PackedObject | undefined, after: PackedObject | undefined): void {
    if (before?.stack !== undefined && before.stack === after?.stack) {
      const objects = this.#objects.get(before.stack) ?? [];
      objects[objects.indexOf(before)] = after;
      return;
    }
    if (before?.stack !== undefined) {
      this.#remove(before.stack, before);
    }
    if (after?.stack !== undefined) {
      const objects = this.#objects.get(after.stack);
      if (objects === undefined) {
        this.#objects.set(after.stack, [after]);
      } else {
        objects.push(after);
      }
    }
  }

  /** Sorted by kind and name, so that what is made of it does not depend on the order of events. */
  list(stack: StackKey): readonly LiveObject[] {
    return (this.#objects.get(stack) ?? []).toSorted(byKindAndName);
  }

  #remove(stack: StackKey, object: PackedObject): void {
    const objects = this.#objects.get(stack) ?? [];
    const index = objects.indexOf(object);
    if (index >= 0) {
      objects.splice(index, 1);
    }
    if (objects.length === 0) {
      this.#objects.delete(stack);
    }
  }
}

/** Objects of one stack are in one namespace, so their keys sort as their names. */
function byKindAndName(a: PackedObject, b: PackedObject): number {
  return compareText(a.kind, b.kind) || compareText(a.key, b.key);
}

function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
