/** Removes idempotency keys that have expired. */
import { setTimeout as delay } from 'node:timers/promises';
import { Counter } from 'prom-client';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Worker } from '../service.ts';
import type { IdempotencyStore } from './store.ts';

export interface PurgePace {
  /** Keys of one statement: some milliseconds of work, so that it is never in the way of a request. */
  readonly batchSize: number;
  /** From one look to the next, on average, milliseconds. Each wait is spread by half, so that replicas do not march in step. */
  readonly periodMs: number;
  /** Between two batches of a backlog, milliseconds. */
  readonly pauseMs: number;
}

/** Enough for 300 keys a second and replica; with less to do it is one cheap look in five minutes. */
const defaultPace: PurgePace = { batchSize: 1000, periodMs: 300_000, pauseMs: 3000 };

/**
 * Runs in every replica: each takes what no other has in hand, so two at once do half of the work each. A failure is
 * counted and told, and the next look makes up for it.
 */
export function createPurge(
  store: IdempotencyStore,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
  pace: PurgePace = defaultPace,
): Worker {
  const registers = [metrics.registry];
  const purged = new Counter({
    name: 'idempotency_keys_purged_total',
    help: 'Expired idempotency keys that were removed.',
    registers,
  });
  const failures = new Counter({
    name: 'idempotency_purge_failures_total',
    help: 'Attempts to remove expired idempotency keys that failed.',
    registers,
  });
  const purgeBatch = async (): Promise<number> => {
    try {
      const count = await store.purge(pace.batchSize);
      purged.inc(count);
      return count;
    } catch (err) {
      failures.inc();
      logger.warn({ err }, 'expired idempotency keys could not be removed');
      return 0;
    }
  };
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    let removed = 0;
    while (!stop.signal.aborted) {
      const waitMs = removed === pace.batchSize ? pace.pauseMs : pace.periodMs;
      await delay(waitMs * (0.5 + Math.random()), undefined, { signal: stop.signal }).catch(() => undefined);
      if (!stop.signal.aborted) removed = await purgeBatch();
    }
  };
  let running = Promise.resolve();
  return {
    name: 'idempotency purge',
    start: async () => {
      running = run();
    },
    stop: () => {
      stop.abort();
      return running;
    },
  };
}
