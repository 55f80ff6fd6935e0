/** What every replica does beside requests. */
import type { Logger } from '#chassis/logger.ts';
import type { Metrics } from '#chassis/metrics.ts';
import { createPurge } from '#chassis/purge.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import { deadLetterRetentionHours } from '#contracts/topics.ts';
import type { ProductIndex } from './domain/product-index.ts';
import { continueRebuild, type RebuildTools } from './use-cases/rebuild-index.ts';

/** Takes on the rebuild that somebody asked for, or that a dead replica has left. Stopped, it lets another one go on. */
export function createRebuildWorker(tools: RebuildTools, pollMs: number): Worker {
  const stop = new AbortController();
  const work = async () => {
    await continueRebuild(tools, stop.signal);
    return { nextMs: pollMs };
  };
  const recurring = createRecurring('rebuild', work, { logger: tools.logger, retryMs: pollMs });
  return {
    ...recurring,
    stop: () => {
      stop.abort();
      return recurring.stop();
    },
  };
}

/** Makes what a new shop needs as soon as the engine answers, and again should it be gone. */
export function createIndexKeeper(index: ProductIndex, logger: Logger): Worker {
  const work = async () => {
    await index.prepare();
    return { nextMs: 30_000 };
  };
  return createRecurring('indices', work, { logger, retryMs: 1000 });
}

const hourMs = 3_600_000;
/** A dead letter may be sent again for as long as it is kept, and a day more for whoever is slow. */
const tombstoneMs = (deadLetterRetentionHours + 24) * hourMs;

export function createTombstonePurge(
  index: ProductIndex,
  tools: { readonly logger: Logger; readonly metrics: Metrics },
): Worker {
  return createPurge(
    {
      what: 'deleted products of the index',
      purgedMetric: 'search_tombstones_purged_total',
      failuresMetric: 'search_tombstone_purge_failures_total',
      purge: (limit) => index.forgetRemoved({ before: new Date(Date.now() - tombstoneMs), limit }),
    },
    tools,
  );
}
