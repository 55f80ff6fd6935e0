/** Tells from the durations of requests that asking on makes code no faster. */

/** Requests whose median counts as one measurement. */
const windowSize = 100;
/** A window is faster when its median is below this part of the best one so far. */
const gainFactor = 0.9;
/** So many windows in a row without a gain are no accident. */
const patience = 2;
/** Requests gain little from the 200th to the 600th, and the next 200 gain most: a pause on the way down is not its end. */
const fewestWindows = 6;

/**
 * Measured on pages of the product service, two processors: a request costs 3 ms of processor time at first, 1.6 ms around the
 * 500th and 0.6 to 0.9 ms at last. By these numbers it ends after 600 to 1100 requests, where the next ones cost 1.3 times as much as
 * the last, for 1.4 s of processor time; windows of 40 and no minimum ended after 120 to 320, at 2.1 times as much.
 */
export class Warmth {
  #durations: number[] = [];
  #windows = 0;
  #best = Number.POSITIVE_INFINITY;
  #withoutGain = 0;

  /** How long the next request took. */
  note(durationMs: number): void {
    this.#durations.push(durationMs);
    if (this.#durations.length < windowSize) return;
    const median = medianOf(this.#durations);
    this.#durations = [];
    this.#windows += 1;
    this.#withoutGain = median < this.#best * gainFactor ? 0 : this.#withoutGain + 1;
    this.#best = Math.min(this.#best, median);
  }

  get isWarm(): boolean {
    return this.#windows >= fewestWindows && this.#withoutGain >= patience;
  }
}

function medianOf(durations: readonly number[]): number {
  const sorted = durations.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
