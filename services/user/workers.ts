/** What this service does by itself, again and again. */
import { Counter, type Registry } from 'prom-client';
import type { Logger } from '#chassis/logger.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import type { UserDeps } from './deps.ts';
import { purgeBatch, purgeExpired } from './store/housekeeping.ts';

/** From one look to the next while there is little to do. */
const housekeepingMs = 300_000;
/** While there is a backlog. */
const backlogMs = 1000;

/** Keeps the keys of all replicas known to each other. */
export function createKeyRefresh(
  { keys }: Pick<UserDeps, 'keys'>,
  options: { readonly logger: Logger; readonly periodMs: number },
): Worker {
  const work = async () => {
    await keys.refresh();
    return { nextMs: options.periodMs };
  };
  return createRecurring('signing key refresh', work, { logger: options.logger, retryMs: options.periodMs });
}

/** Removes what has expired. */
export function createHousekeeping(
  { database, auditRetentionDays }: Pick<UserDeps, 'database' | 'auditRetentionDays'>,
  { logger, registry }: { readonly logger: Logger; readonly registry: Registry },
): Worker {
  const purged = new Counter({
    name: 'user_rows_purged_total',
    help: 'Rows that had expired and were removed.',
    labelNames: ['table'],
    registers: [registry],
  });
  const work = async () => {
    const removed = await purgeExpired(database.primary, auditRetentionDays);
    for (const { table, count } of removed) purged.inc({ table }, count);
    return { nextMs: removed.some(({ count }) => count === purgeBatch) ? backlogMs : housekeepingMs };
  };
  return createRecurring('housekeeping', work, { logger, retryMs: housekeepingMs });
}
