/** Events that an object may send at once. client-go's spam filter: 25, then one per 5 minutes. */
const burst = 25;
const refillMs = 300_000;
/** Objects remembered; the least recently used one goes first, as in client-go's cache. */
const maxObjects = 4_096;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** A token bucket per object, so that one flapping stack cannot fill the event store. */
export class EventLimiter {
  readonly #buckets = new Map<string, Bucket>();

  /** Takes one token; `false` when the object has none left. */
  take(object: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(object) ?? { tokens: burst, filledAtMs: nowMs };
    const refills = Math.floor((nowMs - bucket.filledAtMs) / refillMs);
    if (refills > 0) {
      bucket.tokens = Math.min(burst, bucket.tokens + refills);
      bucket.filledAtMs += refills * refillMs;
    }
    this.#buckets.delete(object);
    this.#buckets.set(object, bucket);
    this.#forgetOldest();
    if (bucket.tokens === 0) {
      return false;
    }
    bucket.tokens -= 1;
    return true;
  }

  #forgetOldest(): void {
    if (this.#buckets.size > maxObjects) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        return;
      }
    }
  }
}
