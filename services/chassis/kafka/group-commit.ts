/** Group commit: what arrives while one group is on its way makes the next group. No waiting when there is no load. */

interface Entry<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Item> {
  readonly #commit: (items: readonly Item[]) => Promise<void>;
  readonly #maxItems: number;
  readonly #waiting: Entry<Item>[] = [];
  #running: Promise<void> | undefined;

  /** `commit` is called for one group after the other, each of at most `maxItems`, in the order of `add`. */
  constructor(maxItems: number, commit: (items: readonly Item[]) => Promise<void>) {
    this.#maxItems = maxItems;
    this.#commit = commit;
  }

  /** Resolves when the item's group is committed; rejects with its error. */
  add(item: Item): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ item, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Items that are not on their way yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when everything that was added has been committed or refused. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is added in the same turn of the event loop goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#maxItems);
      try {
        await this.#commit(group.map(({ item }) => item));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }
}
