/** Removes rows of a table of the chassis when their time is over. */
import { Counter } from 'prom-client';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { createRecurring } from './recurring.ts';
import type { Worker } from './service.ts';

export interface PurgePace {
  /** Rows of one statement: some milliseconds of work, so that it is never in the way of a request. */
  readonly batchSize: number;
  /** From one look to the next, on average, milliseconds. Each wait is spread by half, so that replicas do not march in step. */
  readonly periodMs: number;
  /** Between two batches of a backlog, milliseconds. */
  readonly pauseMs: number;
}

/** Enough for 300 rows a second and replica; with less to do it is one cheap look in five minutes. */
export const defaultPurgePace: PurgePace = { batchSize: 1000, periodMs: 300_000, pauseMs: 3000 };

export interface PurgeTarget {
  /** For people: `published events`. */
  readonly what: string;
  readonly purgedMetric: string;
  readonly failuresMetric: string;
  /** Where a service has several of the kind. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Removes up to `limit` rows; resolves with how many. Several processes may do so at once. */
  purge(limit: number): Promise<number>;
}

/**
 * Runs in every replica: each takes what no other has in hand, so two at once do half of the work each. A failure is
 * counted and told, and the next look makes up for it.
 */
export function createPurge(
  target: PurgeTarget,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
  pace: PurgePace = defaultPurgePace,
): Worker {
  const { what, labels = {} } = target;
  const purged = counterOf(metrics, target.purgedMetric, { help: 'Rows that were removed.', labels });
  const failures = counterOf(metrics, target.failuresMetric, { help: 'Attempts to remove rows that failed.', labels });
  const purgeBatch = async () => {
    try {
      const count = await target.purge(pace.batchSize);
      purged.inc(labels, count);
      return { nextMs: count === pace.batchSize ? pace.pauseMs : pace.periodMs };
    } catch (err) {
      failures.inc(labels);
      logger.warn({ err, what }, 'rows could not be removed');
      return { nextMs: pace.periodMs };
    }
  };
  return createRecurring(`purge of ${what}`, purgeBatch, { logger, firstMs: pace.periodMs, retryMs: pace.periodMs });
}

/** One counter per name: those with other labels share it. */
function counterOf(
  { registry }: Metrics,
  name: string,
  { help, labels }: { readonly help: string; readonly labels: Readonly<Record<string, string>> },
): Counter {
  const present = registry.getSingleMetric(name);
  if (present instanceof Counter) return present;
  const counter = new Counter({ name, help, labelNames: Object.keys(labels), registers: [registry] });
  counter.inc(labels, 0);
  return counter;
}
