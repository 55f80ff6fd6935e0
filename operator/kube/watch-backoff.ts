import { TransientError } from './errors.ts';

/** client-go's reflector starts at 0.8 s and doubles up to 30 s. */
const baseMs = 800;
const maxMs = 30_000;
/** A server that does not answer at all costs nobody anything: look often, so that its return is seen soon. */
const maxUnreachableMs = 5_000;

/** How long to wait after the n-th failure in a row; jittered, so that twenty watches do not come back at once. */
export class WatchBackoff {
  readonly #random: () => number;
  readonly #scale: number;
  #failures = 0;
  #wasUnreachable = false;

  /** `scale` shortens every delay, for tests. */
  constructor(random: () => number = Math.random, scale = 1) {
    this.#random = random;
    this.#scale = scale;
  }

  /** Milliseconds; counts one more failure. What the server asks for in `Retry-After` is the least. */
  next(error: unknown): number {
    const isUnreachable = error instanceof TransientError && error.status === 0;
    if (isUnreachable !== this.#wasUnreachable) {
      // A server that is back deserves a fresh start, whatever it says at first.
      this.#failures = 0;
      this.#wasUnreachable = isUnreachable;
    }
    const limitMs = isUnreachable ? maxUnreachableMs : maxMs;
    const delayMs = Math.min(baseMs * 2 ** Math.min(this.#failures, 20), limitMs) * (0.5 + this.#random() / 2);
    this.#failures += 1;
    const askedMs = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(delayMs * this.#scale, askedMs);
  }

  get failures(): number {
    return this.#failures;
  }

  reset(): void {
    this.#failures = 0;
  }
}
