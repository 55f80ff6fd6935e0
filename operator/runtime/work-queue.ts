import type { Clock } from './clock.ts';
import { DelayedKeys } from './delayed-keys.ts';
import type { QueueMetrics } from './metrics.ts';
import type { RateLimiter } from './rate-limiter.ts';

/**
 * Keys to work on, with client-go's semantics: equal keys collapse, one key is never worked on twice at a time, a key
 * added while it is worked on comes again afterwards. Two lanes: what a user waits for goes ahead of the rest.
 */
export interface WorkQueue<Key extends string> {
  add(key: Key, options?: AddOptions): void;
  /** Adds once the delay has passed; of several delays of one key the earliest counts, and taking the key clears it. */
  addAfter(key: Key, delayMs: number, options?: AddOptions): void;
  /** Adds after the limiter's backoff for this key; returns the delay in milliseconds. */
  addRateLimited(key: Key, options?: AddOptions): number;
  /** Resets the backoff of a key. */
  forget(key: Key): void;
  /** Failures of a key since the last `forget`. */
  failures(key: Key): number;
  /** The next key, or `undefined` once the queue is shut down. Every item taken must be given back with `done`. */
  take(): Promise<QueueItem<Key> | undefined>;
  done(key: Key): void;
  /** No more keys are handed out: waiting and later `take`s get `undefined`. */
  shutDown(): void;
  /** Resolves when every taken key is done. */
  drained(): Promise<void>;
  /** Keys that wait for a worker. */
  readonly depth: number;
  /** Milliseconds that the oldest running key has been worked on; 0 when none is. */
  longestRunningMs(): number;
}

/** `user`: somebody waits for it (spec or annotations changed). `background`: drift, status of children, resync. */
export type Lane = 'user' | 'background';

export interface AddOptions {
  /** `background` when absent; a key that waits already is lifted, never lowered. */
  readonly lane?: Lane;
  /** Why, for the log: `watch:Deployment`, `timer`, `startup`. The first reason of a waiting key is kept. */
  readonly trigger?: string;
  /** For `addRateLimited`: the delay is at least this long, milliseconds (a server's `Retry-After`). */
  readonly leastDelayMs?: number;
}

export interface QueueItem<Key extends string> {
  readonly key: Key;
  readonly lane: Lane;
  readonly trigger: string;
  readonly waitedMs: number;
}

export interface WorkQueueOptions {
  /** Label `name` of the metrics. */
  readonly name: string;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly metrics: QueueMetrics;
}

/** An empty queue; holds a timer only while keys are delayed. */
export function createWorkQueue<Key extends string>(options: WorkQueueOptions): WorkQueue<Key> {
  return new TwoLaneQueue<Key>(options);
}

interface Waiting {
  lane: Lane;
  readonly trigger: string;
  readonly sinceMs: number;
}

class TwoLaneQueue<Key extends string> implements WorkQueue<Key> {
  readonly #options: WorkQueueOptions;
  readonly #labels: { readonly name: string; readonly controller: string };
  readonly #delayed: DelayedKeys<Key>;
  /** Keys that want work; those in `#running` wait until they are done. Insertion order is the order of arrival. */
  readonly #waiting = new Map<Key, Waiting>();
  readonly #lanes: Readonly<Record<Lane, Set<Key>>> = { user: new Set(), background: new Set() };
  /** When work on a key began. */
  readonly #running = new Map<Key, number>();
  readonly #takers: ((item: QueueItem<Key> | undefined) => void)[] = [];
  readonly #drainWaiters: (() => void)[] = [];
  readonly #stopCollecting: () => void;
  #isShutDown = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#labels = { name: options.name, controller: options.name };
    this.#delayed = new DelayedKeys<Key>(options.clock, (key, added) => this.add(key, added));
    this.#stopCollecting = options.metrics.onCollect(() => this.#refreshGauges());
    options.metrics.adds.inc(this.#labels, 0);
    options.metrics.retries.inc(this.#labels, 0);
  }

  add(key: Key, options: AddOptions = {}): void {
    if (this.#isShutDown) {
      return;
    }
    const { lane = 'background', trigger = 'unknown' } = options;
    const known = this.#waiting.get(key);
    if (known !== undefined) {
      this.#lift(key, known, lane);
      return;
    }
    this.#options.metrics.adds.inc(this.#labels);
    this.#waiting.set(key, { lane, trigger, sinceMs: this.#options.clock.monotonic() });
    if (!this.#running.has(key)) {
      this.#lanes[lane].add(key);
      this.#dispatch();
    }
  }

  addAfter(key: Key, delayMs: number, options: AddOptions = {}): void {
    if (delayMs <= 0) {
      this.add(key, options);
    } else if (!this.#isShutDown) {
      this.#delayed.add(key, delayMs, options);
    }
  }

  addRateLimited(key: Key, options: AddOptions = {}): number {
    const delayMs = Math.max(this.#options.limiter.next(key), options.leastDelayMs ?? 0);
    this.#options.metrics.retries.inc(this.#labels);
    this.addAfter(key, delayMs, options);
    return delayMs;
  }

  forget(key: Key): void {
    this.#options.limiter.forget(key);
  }

  failures(key: Key): number {
    return this.#options.limiter.failures(key);
  }

  take(): Promise<QueueItem<Key> | undefined> {
    if (this.#isShutDown) {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#dispatch();
    });
  }

  done(key: Key): void {
    const { clock, metrics } = this.#options;
    const startedMs = this.#running.get(key);
    if (startedMs === undefined) {
      throw new Error(`done(${key}): this key is not being worked on; call it once for each item taken`);
    }
    this.#running.delete(key);
    metrics.workSeconds.observe(this.#labels, (clock.monotonic() - startedMs) / 1000);
    const again = this.#waiting.get(key);
    if (again !== undefined && !this.#isShutDown) {
      this.#lanes[again.lane].add(key);
      this.#dispatch();
    }
    if (this.#running.size === 0) {
      for (const resolve of this.#drainWaiters.splice(0)) {
        resolve();
      }
    }
  }

  shutDown(): void {
    this.#isShutDown = true;
    this.#delayed.clear();
    this.#waiting.clear();
    this.#lanes.user.clear();
    this.#lanes.background.clear();
    this.#stopCollecting();
    for (const resolve of this.#takers.splice(0)) {
      resolve(undefined);
    }
  }

  drained(): Promise<void> {
    if (this.#running.size === 0) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  get depth(): number {
    return this.#lanes.user.size + this.#lanes.background.size;
  }

  longestRunningMs(): number {
    const started = [...this.#running.values()];
    return started.length === 0 ? 0 : this.#options.clock.monotonic() - Math.min(...started);
  }

  #lift(key: Key, known: Waiting, lane: Lane): void {
    if (lane === 'user' && known.lane === 'background') {
      known.lane = 'user';
      if (this.#lanes.background.delete(key)) {
        this.#lanes.user.add(key);
      }
    }
  }

  #dispatch(): void {
    while (this.#takers.length > 0) {
      const key = first(this.#lanes.user) ?? first(this.#lanes.background);
      if (key === undefined) {
        return;
      }
      this.#takers.shift()?.(this.#start(key));
    }
  }

  /** A pass that starts now covers every earlier wish to look at this key. */
  #start(key: Key): QueueItem<Key> {
    const { clock, metrics } = this.#options;
    const now = clock.monotonic();
    const { lane, trigger, sinceMs } = this.#waiting.get(key) ?? {
      lane: 'background',
      trigger: 'unknown',
      sinceMs: now,
    };
    this.#waiting.delete(key);
    this.#lanes[lane].delete(key);
    this.#delayed.cancel(key);
    this.#running.set(key, now);
    metrics.queueSeconds.observe(this.#labels, (now - sinceMs) / 1000);
    return { key, lane, trigger, waitedMs: now - sinceMs };
  }

  #refreshGauges(): void {
    const { clock, metrics } = this.#options;
    const now = clock.monotonic();
    metrics.depth.set({ ...this.#labels, priority: 'user' }, this.#lanes.user.size);
    metrics.depth.set({ ...this.#labels, priority: 'background' }, this.#lanes.background.size);
    const unfinishedMs = [...this.#running.values()].reduce((sum, startedMs) => sum + now - startedMs, 0);
    metrics.unfinishedSeconds.set(this.#labels, unfinishedMs / 1000);
    metrics.longestRunningSeconds.set(this.#labels, this.longestRunningMs() / 1000);
  }
}

function first<Key>(keys: ReadonlySet<Key>): Key | undefined {
  return keys.values().next().value;
}
