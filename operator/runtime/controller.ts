import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { ControllerMetrics } from './metrics.ts';
import { type Attempt, countResult, initialiseMetrics, settle } from './pass-result.ts';
import { settlesWithin } from './settles-within.ts';
import type { QueueItem, WorkQueue } from './work-queue.ts';

/** Takes keys from a queue and runs the reconcile function on them, a few at a time. */
export interface Controller {
  readonly name: string;
  /** Works until `stop`; resolves when the last pass has ended. */
  run(): Promise<void>;
  /**
   * No new passes; running ones get `graceMs`, then their signal is aborted and they get 5 s more. Resolves when none
   * runs or the time is over.
   */
  stop(graceMs: number): Promise<void>;
  /** Why the controller looks stuck (a pass runs for more than 5 minutes), for `/livez`; `undefined` when it does not. */
  problem(): string | undefined;
}

/** Level-based: gets a key, never an event. Throws to be retried with backoff; a terminal error is not retried. */
export type Reconcile<Key extends string> = (key: Key, context: PassContext) => Promise<Outcome>;

export interface PassContext {
  /** UUID of this pass, in every log line and metric exemplar of it. */
  readonly reconcileId: string;
  /** Why this pass runs: `watch:Deployment`, `timer`, `startup`. */
  readonly trigger: string;
  /** Aborted when the pass takes longer than its time-out or the process stops. */
  readonly signal: AbortSignal;
  /** Failed attempts since the last success. */
  readonly failures: number;
}

export type Outcome = { readonly kind: 'success' } | { readonly kind: 'requeueAfter'; readonly delayMs: number };

/** What happened in one pass; the hook that gets it writes the pass's one log line. */
export interface PassReport<Key extends string> {
  readonly controller: string;
  readonly key: Key;
  readonly reconcileId: string;
  readonly trigger: string;
  readonly result: 'success' | 'requeue_after' | 'error' | 'terminal';
  readonly durationMs: number;
  readonly waitedMs: number;
  /** When the key comes again, if that is known. */
  readonly retryInMs: number | undefined;
  readonly failures: number;
  readonly timedOut: boolean;
  readonly error: unknown;
}

export interface ControllerOptions<Key extends string> {
  /** Label `controller` of the metrics. */
  readonly name: string;
  readonly queue: WorkQueue<Key>;
  readonly reconcile: Reconcile<Key>;
  /** Keys worked on in parallel; 4 when absent. */
  readonly concurrency?: number;
  /** 60,000 when absent. */
  readonly timeoutMs?: number;
  readonly metrics: ControllerMetrics;
  readonly clock: Clock;
  /** Called after each pass; must not throw. */
  readonly onPass?: (report: PassReport<Key>) => void;
}

/** Does nothing until `run`. */
export function createController<Key extends string>(options: ControllerOptions<Key>): Controller {
  return new QueueController(options);
}

const defaultConcurrency = 4;
const defaultTimeoutMs = 60_000;
/** A pass that ignores its signal keeps its key, but gives its worker back after so long. */
const overrunMs = 10_000;
/** After the abort at the end of the grace time. */
const abortGraceMs = 5_000;
/** Well above the time-out of a pass: only a hung one gets there. */
const stuckMs = 300_000;

class QueueController<Key extends string> implements Controller {
  readonly name: string;
  readonly #options: ControllerOptions<Key>;
  readonly #timeoutMs: number;
  readonly #stopping = new AbortController();

  constructor(options: ControllerOptions<Key>) {
    this.#options = options;
    this.name = options.name;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    initialiseMetrics(options.metrics, options.name, options.concurrency ?? defaultConcurrency);
  }

  async run(): Promise<void> {
    const concurrency = this.#options.concurrency ?? defaultConcurrency;
    await Promise.all(Array.from({ length: concurrency }, () => this.#work()));
    await this.#options.queue.drained();
  }

  async stop(graceMs: number): Promise<void> {
    const { queue, clock } = this.#options;
    queue.shutDown();
    if (!(await settlesWithin(queue.drained(), graceMs, clock))) {
      this.#stopping.abort(new Error('the operator stops'));
      await settlesWithin(queue.drained(), abortGraceMs, clock);
    }
  }

  problem(): string | undefined {
    const longestMs = this.#options.queue.longestRunningMs();
    return longestMs > stuckMs
      ? `controller ${this.name}: a pass has been running for ${Math.round(longestMs / 1000)} s`
      : undefined;
  }

  async #work(): Promise<void> {
    const { queue, clock } = this.#options;
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) {
      await settlesWithin(this.#process(item), this.#timeoutMs + overrunMs, clock);
    }
  }

  /** One pass from start to end; never rejects. */
  async #process(item: QueueItem<Key>): Promise<void> {
    const { queue, clock, metrics } = this.#options;
    const labels = { controller: this.name };
    const reconcileId = randomUUID();
    const failures = queue.failures(item.key);
    const startedMs = clock.monotonic();
    metrics.activeWorkers.inc(labels);
    const attempt = await this.#attempt(item, { reconcileId, trigger: item.trigger, failures });
    metrics.activeWorkers.dec(labels);
    const durationMs = clock.monotonic() - startedMs;
    metrics.seconds.observe(labels, durationMs / 1000);
    const settled = settle(queue, item.key, attempt);
    countResult(metrics, this.name, settled.result, attempt);
    queue.done(item.key);
    this.#report({
      ...settled,
      controller: this.name,
      key: item.key,
      reconcileId,
      trigger: item.trigger,
      durationMs,
      waitedMs: item.waitedMs,
      failures: queue.failures(item.key),
      timedOut: attempt.timedOut,
      error: attempt.error,
    });
  }

  async #attempt(item: QueueItem<Key>, context: Omit<PassContext, 'signal'>): Promise<Attempt> {
    const timeout = new AbortController();
    const cancel = this.#options.clock.after(this.#timeoutMs, () =>
      timeout.abort(new Error(`the pass took longer than ${this.#timeoutMs} ms`)),
    );
    const signal = AbortSignal.any([timeout.signal, this.#stopping.signal]);
    try {
      const outcome = await this.#options.reconcile(item.key, { ...context, signal });
      return { outcome, error: undefined, timedOut: timeout.signal.aborted };
    } catch (error) {
      return { outcome: undefined, error, timedOut: timeout.signal.aborted };
    } finally {
      cancel();
    }
  }

  #report(report: PassReport<Key>): void {
    try {
      this.#options.onPass?.(report);
    } catch {
      // The hook writes a log line; that it could not must not end the worker, and there is no better place to say so.
      this.#options.metrics.panics.inc({ controller: this.name });
    }
  }
}
