/** Removes idempotency keys that have expired. */
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { createPurge, type PurgePace } from '../purge.ts';
import type { Worker } from '../service.ts';
import type { IdempotencyStore } from './store.ts';

export function createIdempotencyPurge(
  store: IdempotencyStore,
  tools: { readonly logger: Logger; readonly metrics: Metrics },
  pace?: PurgePace,
): Worker {
  const target = {
    what: 'expired idempotency keys',
    purgedMetric: 'idempotency_keys_purged_total',
    failuresMetric: 'idempotency_purge_failures_total',
    purge: (limit: number) => store.purge(limit),
  };
  return createPurge(target, tools, pace);
}
