/**
 * Shares equal strings and label sets between cached objects: thousands of objects repeat a few reasons, images and
 * label sets, and JSON.parse makes each a string of its own. Bounded: when full it starts again, which only costs
 * sharing.
 */
export class StringPool {
  readonly #strings = new Map<string, string>();
  readonly #records = new Map<string, Readonly<Record<string, string>>>();

  share(text: string): string {
    if (text.length > maxSharedLength) {
      return text;
    }
    const known = this.#strings.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.#strings.size >= maxEntries) {
      this.#strings.clear();
    }
    this.#strings.set(text, text);
    return text;
  }

  shareRecord(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const key = JSON.stringify(record);
    const known = this.#records.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.#records.size >= maxEntries) {
      this.#records.clear();
    }
    const shared = Object.fromEntries(
      Object.entries(record).map(([name, value]) => [this.share(name), this.share(value)]),
    );
    this.#records.set(key, shared);
    return shared;
  }
}

const maxSharedLength = 200;
/** About 1 MB of strings at most. */
const maxEntries = 10_000;
