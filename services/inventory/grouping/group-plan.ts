/** Which of those who wait may go now, and with whom: pure. */

export interface Waiting {
  /** What it works on; nobody else may at the same time. */
  readonly keys: readonly string[];
}

export interface GroupLimits {
  /** Most entries of one group. */
  readonly maxItems: number;
  /** Most groups that may start now. */
  readonly maxGroups: number;
}

export interface GroupPlan<Entry> {
  readonly groups: readonly (readonly Entry[])[];
  /** Who waits on, in the order of arrival. */
  readonly rest: readonly Entry[];
}

interface Group<Entry> {
  readonly entries: Entry[];
  readonly keys: Set<string>;
}

/**
 * Entries that share a key go into one group; others into groups of their own, as long as there may be another group. Whoever cannot go yet keeps the keys from those behind
 * it: a basket with two wanted SKUs is not overtaken for ever by baskets with one of them.
 */
export function planGroups<Entry extends Waiting>(
  waiting: readonly Entry[],
  busy: ReadonlySet<string>,
  limits: GroupLimits,
): GroupPlan<Entry> {
  const blocked = new Set(busy);
  const groups = new Groups<Entry>(limits);
  const rest = waiting.filter((entry) => {
    const isFree = entry.keys.every((key) => !blocked.has(key));
    if (isFree && groups.add(entry)) return false;
    for (const key of entry.keys) blocked.add(key);
    return true;
  });
  return { groups: groups.list(), rest };
}

/** Groups while they are put together. */
class Groups<Entry extends Waiting> {
  readonly #limits: GroupLimits;
  readonly #all = new Set<Group<Entry>>();
  readonly #byKey = new Map<string, Group<Entry>>();

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  /** Puts it to those that it shares keys with; false when there is no room. */
  add(entry: Entry): boolean {
    const joined = new Set(entry.keys.flatMap((key) => this.#byKey.get(key) ?? []));
    if (joined.size === 0 && this.#all.size === this.#limits.maxGroups) return this.#addToSmallest(entry);
    return this.#addTo(joined, entry);
  }

  /** No transaction is left: strangers share one, instead of waiting for the next. */
  #addToSmallest(entry: Entry): boolean {
    const [smallest] = [...this.#all].toSorted((left, right) => left.entries.length - right.entries.length);
    return smallest !== undefined && this.#addTo(new Set([smallest]), entry);
  }

  #addTo(joined: ReadonlySet<Group<Entry>>, entry: Entry): boolean {
    if (!this.#hasRoom(joined)) return false;
    const [target = { entries: [], keys: new Set<string>() }, ...others] = joined;
    for (const other of others) {
      this.#all.delete(other);
      this.#take(target, other.entries, other.keys);
    }
    this.#all.add(target);
    this.#take(target, [entry], entry.keys);
    return true;
  }

  #take(target: Group<Entry>, entries: readonly Entry[], keys: Iterable<string>): void {
    target.entries.push(...entries);
    for (const key of keys) {
      target.keys.add(key);
      this.#byKey.set(key, target);
    }
  }

  list(): readonly (readonly Entry[])[] {
    return [...this.#all].map(({ entries }) => entries);
  }

  #hasRoom(joined: ReadonlySet<Group<Entry>>): boolean {
    return [...joined].reduce((sum, { entries }) => sum + entries.length, 1) <= this.#limits.maxItems;
  }
}
