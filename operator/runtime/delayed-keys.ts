import type { Clock } from './clock.ts';
import { DelayHeap } from './delay-heap.ts';
import type { AddOptions } from './work-queue.ts';

interface Delayed<Key> {
  readonly key: Key;
  readonly dueMs: number;
  readonly options: AddOptions;
}

/** Keys that are to be added later, on one timer. */
export class DelayedKeys<Key extends string> {
  readonly #clock: Clock;
  readonly #onDue: (key: Key, options: AddOptions) => void;
  readonly #heap = new DelayHeap<Delayed<Key>>();
  /** The entry that counts for a key; others of it in the heap are outdated and skipped. */
  readonly #current = new Map<Key, Delayed<Key>>();
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, onDue: (key: Key, options: AddOptions) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Of several delays of one key the earliest counts. */
  add(key: Key, delayMs: number, options: AddOptions): void {
    const dueMs = this.#clock.monotonic() + delayMs;
    const known = this.#current.get(key);
    if (known !== undefined && known.dueMs <= dueMs) {
      return;
    }
    const entry = { key, dueMs, options };
    this.#current.set(key, entry);
    this.#heap.push(entry);
    if (this.#heap.size > 2 * this.#current.size + maxOutdated) {
      this.#heap.replace(this.#current.values());
    }
    this.#arm();
  }

  cancel(key: Key): void {
    this.#current.delete(key);
  }

  clear(): void {
    this.#current.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (next === undefined || (this.#timer !== undefined && this.#timer.dueMs <= next.dueMs)) {
      return;
    }
    this.#timer?.cancel();
    const cancel = this.#clock.after(Math.max(0, next.dueMs - this.#clock.monotonic()), () => this.#fire());
    this.#timer = { dueMs: next.dueMs, cancel };
  }

  #fire(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (let next = this.#heap.peek(); next !== undefined && next.dueMs <= now; next = this.#heap.peek()) {
      this.#heap.pop();
      if (this.#current.get(next.key) === next) {
        this.#current.delete(next.key);
        this.#onDue(next.key, next.options);
      }
    }
    this.#arm();
  }
}

/** Outdated entries that may stay in the heap before it is cleaned. */
const maxOutdated = 1_000;
