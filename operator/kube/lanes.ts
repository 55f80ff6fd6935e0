/**
 * A fixed number of lanes shared by keys: eight parallel writes reach the API server's limit, more only add latency.
 * While several keys wait, none holds more than half of the lanes, so one stack cannot starve the others.
 */
export class Lanes {
  readonly #size: number;
  readonly #onWait: (seconds: number) => void;
  #busy = 0;
  readonly #held = new Map<string, number>();
  /** Insertion order is the turn: a key goes to the end when it was served. */
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(size: number, onWait: (seconds: number) => void = () => undefined) {
    this.#size = size;
    this.#onWait = onWait;
  }

  /** Runs `task` in a lane of `key`. Rejects with the signal's reason when it aborts while waiting. */
  async run<Result>(key: string, task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.#acquire(key, signal);
    try {
      return await task();
    } finally {
      this.#release(key);
    }
  }

  #acquire(key: string, signal: AbortSignal | undefined): Promise<void> {
    const since = performance.now();
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        this.#forget(key, waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = () => {
        signal?.removeEventListener('abort', abort);
        this.#onWait((performance.now() - since) / 1000);
        resolve();
      };
      signal?.addEventListener('abort', abort, { once: true });
      const queue = this.#waiting.get(key);
      if (queue === undefined) {
        this.#waiting.set(key, [waiter]);
      } else {
        queue.push(waiter);
      }
      this.#dispatch();
    });
  }

  #release(key: string): void {
    this.#busy -= 1;
    const held = (this.#held.get(key) ?? 1) - 1;
    if (held === 0) {
      this.#held.delete(key);
    } else {
      this.#held.set(key, held);
    }
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#busy < this.#size) {
      const key = this.#nextKey();
      if (key === undefined) {
        return;
      }
      this.#serve(key);
    }
  }

  /** The first key in turn that may take one more lane. */
  #nextKey(): string | undefined {
    const share = this.#waiting.size > 1 ? Math.max(1, Math.floor(this.#size / 2)) : this.#size;
    for (const key of this.#waiting.keys()) {
      if ((this.#held.get(key) ?? 0) < share) {
        return key;
      }
    }
    return undefined;
  }

  #serve(key: string): void {
    const queue = this.#waiting.get(key) ?? [];
    const waiter = queue.shift();
    this.#waiting.delete(key);
    if (queue.length > 0) {
      this.#waiting.set(key, queue);
    }
    this.#busy += 1;
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    waiter?.();
  }

  #forget(key: string, waiter: Waiter): void {
    const queue = this.#waiting.get(key)?.filter((other) => other !== waiter) ?? [];
    if (queue.length > 0) {
      this.#waiting.set(key, queue);
    } else {
      this.#waiting.delete(key);
    }
    // One waiting key fewer may lift the limit of another.
    this.#dispatch();
  }
}

type Waiter = () => void;
