import type { StackKey } from '../api/kubernetes.ts';
import type { Entry } from './kind-store.ts';
import type { LiveObject } from './live-object.ts';

/** Which objects belong to which stack, so that a pass never looks at those of others. */
export class StackIndex {
  readonly #entries = new Map<StackKey, Set<Entry>>();

  update(entry: Entry, isPresent: boolean): void {
    if (entry.stack === undefined) {
      return;
    }
    const entries = this.#entries.get(entry.stack) ?? new Set();
    if (isPresent) {
      entries.add(entry);
      this.#entries.set(entry.stack, entries);
    } else {
      entries.delete(entry);
      if (entries.size === 0) {
        this.#entries.delete(entry.stack);
      }
    }
  }

  /** Sorted by kind and name, so that what is made of it does not depend on the order of events. */
  list(stack: StackKey): readonly LiveObject[] {
    return [...(this.#entries.get(stack) ?? [])].map(({ live }) => live).sort(byKindAndName);
  }
}

function byKindAndName(a: LiveObject, b: LiveObject): number {
  return compareText(a.ref.kind, b.ref.kind) || compareText(a.ref.name, b.ref.name);
}

function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
