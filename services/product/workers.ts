/** What the service does beside requests. Every replica does; rows that one has in hand are skipped by the others. */
import type { Logger } from '#chassis/logger.ts';
import type { Metrics } from '#chassis/metrics.ts';
import { createPurge } from '#chassis/purge.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import { purgeJobs } from './store/imports.ts';
import { purgeUnusedFiles } from './store/media.ts';
import { applyDuePrices } from './store/timed-prices.ts';
import { type Importer, importBatch } from './transfer/run-import.ts';

/** Products of one look. */
const priceBatch = 50;
/** From one look to the next: how late a price may be, milliseconds. One cheap statement on two indexes that are nearly empty. */
const pricePeriodMs = 1000;

/** How long an import waits for its beginning, milliseconds. */
const importPeriodMs = 1000;

export function productWorkers(
  importer: Importer,
  observers: { readonly logger: Logger; readonly metrics: Metrics },
): readonly Worker[] {
  const { primary } = importer.database;
  return [
    createRecurring('timed prices', () => applyPrices(importer), { ...observers, retryMs: 5 * pricePeriodMs }),
    createRecurring('imports', () => runImports(importer), { ...observers, retryMs: 5 * importPeriodMs }),
    createPurge(
      {
        what: 'old import jobs',
        purgedMetric: 'import_jobs_purged_total',
        failuresMetric: 'import_jobs_purge_failures_total',
        purge: (limit) => purgeJobs(primary, limit),
      },
      observers,
    ),
    createPurge(
      {
        what: 'uploaded files that no product shows',
        purgedMetric: 'media_files_purged_total',
        failuresMetric: 'media_files_purge_failures_total',
        purge: (limit) => purgeUnusedFiles(primary, limit),
      },
      observers,
    ),
  ];
}

async function applyPrices(writer: Importer): Promise<{ readonly nextMs: number }> {
  const count = await applyDuePrices(writer, priceBatch);
  return { nextMs: count === priceBatch ? 0 : pricePeriodMs };
}

/** One batch; with more to do the next one follows at once, and a service that stops has only this one to finish. */
async function runImports(importer: Importer): Promise<{ readonly nextMs: number }> {
  return { nextMs: (await importBatch(importer)) ? 0 : importPeriodMs };
}
