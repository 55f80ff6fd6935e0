import { setTimeout as delay } from 'node:timers/promises';

/** Then a change counts as lost, milliseconds. */
export const patienceMs = 10_000;

/** When each of many things was seen first, whether somebody asks before or afterwards. */
export class Sightings {
  readonly #byKey = new Map<string, PromiseWithResolvers<number>>();

  see(key: string, at: number): void {
    this.#of(key).resolve(at);
  }

  /** Resolves with undefined when it is not seen in time. */
  first(key: string): Promise<number | undefined> {
    return Promise.race([this.#of(key).promise, delay(patienceMs, undefined, { ref: false })]);
  }

  #of(key: string): PromiseWithResolvers<number> {
    const known = this.#byKey.get(key) ?? Promise.withResolvers<number>();
    this.#byKey.set(key, known);
    return known;
  }
}
