import type { Clock } from './clock.ts';
import type { ControllerMetrics } from './metrics.ts';
import type { WorkQueue } from './work-queue.ts';

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

export declare function createController<Key extends string>(options: ControllerOptions<Key>): Controller;
