/** Backoff per key: how long to wait before the next attempt. */
export interface RateLimiter {
  /** The delay in milliseconds; each call counts as one more failure. */
  next(key: string): number;
  /** Failures since the last `forget`. */
  failures(key: string): number;
  forget(key: string): void;
}

export interface BackoffOptions {
  /** 250 ms when absent. */
  readonly baseMs?: number;
  /** 5 minutes when absent. */
  readonly maxMs?: number;
  /** Part of the delay that is random, to both sides; 0.2 when absent. */
  readonly jitter?: number;
  /** In [0, 1); `Math.random` when absent. */
  readonly random?: () => number;
}

/** base × 2ⁿ up to the maximum, with jitter, so that keys that failed together do not come back together. */
export declare function createBackoff(options?: BackoffOptions): RateLimiter;
