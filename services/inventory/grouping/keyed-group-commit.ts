/**
 * Group commit by key: callers that want the same thing while a transaction of it is on its way share the next one. One row can be
 * locked by one transaction at a time, so a transaction for each caller would make all of them wait for each other's disk write.
 * Without load nobody waits, and different keys do not wait for each other.
 */
import { currentContext, type RequestContext, runDetached, runInContext } from '#chassis/context.ts';
import { ProblemError } from '#chassis/problem.ts';
import { planGroups } from './group-plan.ts';

export interface KeyedGroupOptions<Item, Result> {
  readonly keysOf: (item: Item) => readonly string[];
  /** One transaction for all; the results in the same order. Each item has its own result, refused ones included. */
  readonly commit: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Most items of one transaction. */
  readonly maxItems: number;
  /** Most transactions at once: the others of the pool are for other work. */
  readonly maxRunning: number;
  /** Most callers that wait; what is beyond is refused at once. */
  readonly maxWaiting: number;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly keys: readonly string[];
  readonly context: RequestContext | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class KeyedGroupCommit<Item, Result> {
  readonly #options: KeyedGroupOptions<Item, Result>;
  readonly #busy = new Set<string>();
  #waiting: Entry<Item, Result>[] = [];
  #running = 0;
  #isPlanned = false;

  constructor(options: KeyedGroupOptions<Item, Result>) {
    this.#options = options;
  }

  /** The item's own result. Throws `service-unavailable` when too many wait, `deadline-exceeded` when its time was over before it began. */
  add(item: Item): Promise<Result> {
    if (this.#waiting.length >= this.#options.maxWaiting)
      throw new ProblemError('service-unavailable', 'too many wait for the same stock', { retryAfterSeconds: 1 });
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const entry = { item, keys: this.#options.keysOf(item), context: currentContext(), resolve, reject };
    this.#waiting.push(entry);
    this.#plan();
    return promise;
  }

  /** Callers whose transaction has not begun. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** After what has arrived by now has been read: it goes together. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#start();
    });
  }

  #start(): void {
    const { maxItems, maxRunning } = this.#options;
    const live = this.#waiting.filter((entry) => !this.#isOver(entry));
    const { groups, rest } = planGroups(live, this.#busy, { maxItems, maxGroups: maxRunning - this.#running });
    this.#waiting = [...rest];
    for (const group of groups) void inContextOf(group, () => this.#run(group));
  }

  #isOver({ context, reject }: Entry<Item, Result>): boolean {
    if (context === undefined || (context.cancelled === undefined && context.remainingMs() > 0)) return false;
    reject(new ProblemError('deadline-exceeded', 'the time was over before its turn came'));
    return true;
  }

  async #run(group: readonly Entry<Item, Result>[]): Promise<void> {
    const keys = new Set(group.flatMap((entry) => entry.keys));
    for (const key of keys) this.#busy.add(key);
    this.#running += 1;
    try {
      await this.#commit(group);
    } finally {
      for (const key of keys) this.#busy.delete(key);
      this.#running -= 1;
      this.#plan();
    }
  }

  async #commit(group: readonly Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.commit(group.map(({ item }) => item));
      for (const [index, entry] of group.entries()) {
        const result = results[index];
        if (result === undefined) entry.reject(new Error('a group has fewer results than items'));
        else entry.resolve(result);
      }
    } catch (error) {
      await this.#commitAlone(group, error);
    }
  }

  /** A defect of one item must not fail the others; a database that is away fails them all alike. */
  async #commitAlone(group: readonly Entry<Item, Result>[], error: unknown): Promise<void> {
    if (group.length === 1 || error instanceof ProblemError) for (const { reject } of group) reject(error);
    else for (const entry of group) await this.#commit([entry]);
  }
}

/** A lone caller's work is part of its request; of several it is nobody's: the time of one must not end the work of the others. */
function inContextOf<T>([first, second]: readonly Pick<Entry<unknown, unknown>, 'context'>[], work: () => T): T {
  const context = second === undefined ? first?.context : undefined;
  return context === undefined ? runDetached(work) : runInContext(context, work);
}
