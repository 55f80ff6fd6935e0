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

/** client-go starts at 5 ms, which hurts the API server, and ends at 1,000 s, which nobody waits for. */
const defaults = { baseMs: 250, maxMs: 300_000, jitter: 0.2, random: Math.random };
/** 2³⁰ × the base is beyond any maximum; more would lose precision. */
const maxExponent = 30;

/** base × 2ⁿ up to the maximum, with jitter, so that keys that failed together do not come back together. */
export function createBackoff(options: BackoffOptions = {}): RateLimiter {
  const { baseMs, maxMs, jitter, random } = { ...defaults, ...options };
  const failures = new Map<string, number>();
  return {
    next(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const delayMs = Math.min(baseMs * 2 ** Math.min(count, maxExponent), maxMs);
      return delayMs * (1 - jitter + 2 * jitter * random());
    },
    failures: (key) => failures.get(key) ?? 0,
    forget(key) {
      failures.delete(key);
    },
  };
}
