import type { Clock } from './clock.ts';
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

export declare function createWorkQueue<Key extends string>(options: WorkQueueOptions): WorkQueue<Key>;
