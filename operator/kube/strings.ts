import { hash } from 'node:crypto';

/**
 * Shares equal strings and label sets between cached objects: thousands of objects repeat a few reasons, images and
 * label sets, and JSON.parse makes each a string of its own. Bounded: when full it starts again, which only costs
 * sharing.
 */
export class StringPool {
  readonly #strings = new Map<string, string>();
  /** By their JSON, hashed: the text itself would cost more than the record. */
  readonly #records = new Map<string, Readonly<Record<string, string>>>();

  share(text: string): string {
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
    const key = hash('sha1', JSON.stringify(record), 'base64');
    const known = this.#records.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.#records.size >= maxEntries) {
      this.#records.clear();
    }
    const shared: Record<string, string> = {};
    for (const [name, value] of Object.entries(record)) {
      shared[name] = this.share(value);
    }
    this.#records.set(key, shared);
    return shared;
  }
}

/** A thousand stacks of a dozen components fit; a few MB at most. */
const maxEntries = 20_000;

/** For sorting by code units: the same everywhere, and what a server's names need. */
export function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
