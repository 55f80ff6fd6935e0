/**
 * uids of objects that are gone or going, so that a late event or a late answer cannot bring them back. A uid is never
 * used twice, so forgetting the oldest is the only reason to forget one.
 */
export class Tombstones {
  readonly #states = new Map<string, 'asked' | 'gone'>();

  /** `asked`: the server accepted our deletion. `gone`: the watch said that it is deleted. */
  add(uid: string, state: 'asked' | 'gone'): void {
    this.#states.set(uid, state);
    if (this.#states.size > maxTombstones) {
      for (const oldest of this.#states.keys()) {
        this.#states.delete(oldest);
        return;
      }
    }
  }

  has(uid: string): boolean {
    return this.#states.has(uid);
  }

  /** Whether a watch event about this uid is old news; a terminating object whose deletion we asked for is not. */
  hides(uid: string, isTerminating: boolean): boolean {
    const state = this.#states.get(uid);
    return state === 'gone' || (state === 'asked' && !isTerminating);
  }
}

/** Per kind; late answers are seconds old at most, so this many deletions would have to come in between. */
const maxTombstones = 1_000;
