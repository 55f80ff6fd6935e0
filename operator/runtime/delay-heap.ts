/** A binary heap of things with a due time; the earliest is on top. */
export class DelayHeap<Item extends { readonly dueMs: number }> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    this.#items.push(item);
    let index = this.#items.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) {
        return;
      }
      index = parent;
    }
  }

  /** Forgets all others. */
  replace(items: Iterable<Item>): void {
    this.#items.length = 0;
    for (const item of items) {
      this.push(item);
    }
  }

  pop(): Item | undefined {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return top;
  }

  #sink(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (child >= this.#items.length || !this.#swapIfEarlier(child, index)) {
        return;
      }
      index = child;
    }
  }

  #dueAt(index: number): number {
    return this.#items[index]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** Swaps when the first is due before the second. */
  #swapIfEarlier(first: number, second: number): boolean {
    const [a, b] = [this.#items[first], this.#items[second]];
    if (a === undefined || b === undefined || a.dueMs >= b.dueMs) {
      return false;
    }
    this.#items[first] = b;
    this.#items[second] = a;
    return true;
  }
}
