import type { Outcome, PassReport } from './controller.ts';
import { isTerminal, requeueAfterMsOf, retryAfterMsOf } from './errors.ts';
import type { ControllerMetrics } from './metrics.ts';
import type { WorkQueue } from './work-queue.ts';

/** What the reconcile function gave: an outcome, or an error. */
export interface Attempt {
  readonly outcome: Outcome | undefined;
  readonly error: unknown;
  readonly timedOut: boolean;
}

export interface Settled {
  readonly result: PassReport<string>['result'];
  readonly retryInMs: number | undefined;
}

/**
 * Puts the key back as its result demands: after an error with backoff, but no later than what did not fail wants; a
 * terminal error waits for a new event or for that.
 */
export function settle<Key extends string>(queue: WorkQueue<Key>, key: Key, attempt: Attempt): Settled {
  const { outcome, error } = attempt;
  const requeueAfterMs = requeueAfterMsOf(error);
  if (outcome === undefined && !isTerminal(error)) {
    const leastDelayMs = retryAfterMsOf(error) ?? 0;
    const delayMs = queue.addRateLimited(key, { trigger: 'retry', leastDelayMs });
    return {
      result: 'error',
      retryInMs: sooner(queue, key, Math.max(leastDelayMs, requeueAfterMs ?? delayMs), delayMs),
    };
  }
  queue.forget(key);
  if (outcome === undefined) {
    if (requeueAfterMs !== undefined) {
      queue.addAfter(key, requeueAfterMs, { trigger: 'timer' });
    }
    return { result: 'terminal', retryInMs: requeueAfterMs };
  }
  if (outcome.kind === 'success') {
    return { result: 'success', retryInMs: undefined };
  }
  queue.addAfter(key, outcome.delayMs, { trigger: 'timer' });
  return { result: 'requeue_after', retryInMs: outcome.delayMs };
}

/** Of several delays of a key the shortest counts. */
function sooner<Key extends string>(queue: WorkQueue<Key>, key: Key, wantedMs: number, delayMs: number): number {
  if (wantedMs >= delayMs) {
    return delayMs;
  }
  queue.addAfter(key, wantedMs, { trigger: 'timer' });
  return wantedMs;
}

/** Counts as controller-runtime does: a terminal error is an error as well. */
export function countResult(
  metrics: ControllerMetrics,
  controller: string,
  result: Settled['result'],
  attempt: Attempt,
): void {
  metrics.total.inc({ controller, result: result === 'terminal' ? 'error' : result });
  if (attempt.timedOut) {
    metrics.timeouts.inc({ controller });
  }
  if (attempt.outcome !== undefined) {
    return;
  }
  metrics.errors.inc({ controller });
  if (result === 'terminal') {
    metrics.terminalErrors.inc({ controller });
  }
  if (isBug(attempt.error)) {
    metrics.panics.inc({ controller });
  }
}

/** All series exist from the start, so that a rate over them is right from the first failure on. */
export function initialiseMetrics(metrics: ControllerMetrics, controller: string, concurrency: number): void {
  for (const result of ['success', 'error', 'requeue', 'requeue_after']) {
    metrics.total.inc({ controller, result }, 0);
  }
  for (const counter of [metrics.errors, metrics.terminalErrors, metrics.panics, metrics.timeouts]) {
    counter.inc({ controller }, 0);
  }
  metrics.maxConcurrent.set({ controller }, concurrency);
  metrics.activeWorkers.set({ controller }, 0);
}

/** What Go would call a panic: an error that only a programmer can cure. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}
