/** What keeps personal data under the keys that the service was given. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Check } from '#chassis/health.ts';
import type { Logger } from '#chassis/logger.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import type { UserDeps } from './deps.ts';
import {
  findUnknownKeys,
  readSealingBacklog,
  resealBatch,
  resealRows,
  type SealingBacklog,
  sealedTables,
} from './store/reseal.ts';
import type { SealedTable } from './store/sealed-rows.ts';

type Deps = Pick<UserDeps, 'database' | 'personalData'>;

/** Between two batches of a backlog: some hundred rows a second and replica. */
const backlogMs = 250;
/** Rows of a table that are left alone because they cannot be opened; beyond, the oldest of them are tried again. */
const rememberedFailures = 1000;

/**
 * Keeps a process out of service that was given other keys than the data is sealed with: its rollout stops, and the pods before it go on.
 * Once it has passed it never asks again: a single row that comes later is no reason to take everybody's away.
 */
export function createKeysCheck({ database, personalData }: Deps): Check {
  let isDone = false;
  return {
    name: 'personal-data-keys',
    isRequired: true,
    probe: async () => {
      if (isDone) return;
      const unknown = await findUnknownKeys(database.primary, personalData);
      const rows = unknown.map(({ table, keys }) => `rows of ${table} are sealed with ${keys.join(', ')}`);
      if (rows.length > 0)
        throw new Error(
          `APP_PERSONAL_DATA_KEYS has the keys ${personalData.keyIds.join(', ')}, but ${rows.join('; ')}: give the missing key as well`,
        );
      isDone = true;
    },
  };
}

/**
 * Seals with the first key what is not. The first look comes after a while: pods of the version before, which read nothing that is
 * sealed, have gone by then.
 */
export function createResealing(
  deps: Deps,
  { logger, registry, periodMs }: { readonly logger: Logger; readonly registry: Registry; readonly periodMs: number },
): Worker {
  const { database, personalData } = deps;
  const failures = new Map<SealedTable, readonly string[]>();
  const observe = createObserver({ logger, registry });
  const resealOneBatch = async (table: SealedTable): Promise<number> => {
    const except = failures.get(table) ?? [];
    const { sealed, failed } = await database.transaction((connection) =>
      resealRows(connection, personalData, table, except),
    );
    observe.resealed.inc({ table }, sealed);
    for (const { id, error } of failed)
      logger.error({ err: error, table, id }, 'a row of personal data cannot be opened and stays as it is');
    failures.set(table, [...except, ...failed.map(({ id }) => id)].slice(-rememberedFailures));
    return sealed + failed.length;
  };
  let countedAtMs = Number.NEGATIVE_INFINITY;
  const count = async () => {
    for (const backlog of await readSealingBacklog(database.primary, personalData)) {
      const altered = failures.get(backlog.table)?.length ?? 0;
      observe.backlog(backlog, Math.min(altered, backlog.outdated));
      // Some were repaired or erased: the others are found again.
      if (altered > backlog.outdated) failures.delete(backlog.table);
    }
    countedAtMs = performance.now();
  };
  const work = async () => {
    const sizes = [];
    for (const table of sealedTables) sizes.push(await resealOneBatch(table));
    const isBacklog = sizes.some((size) => size === resealBatch);
    // Counting many rows takes longer than sealing a batch.
    if (!isBacklog || performance.now() - countedAtMs >= periodMs) await count();
    return { nextMs: isBacklog ? Math.min(backlogMs, periodMs) : periodMs };
  };
  return createRecurring('sealing of personal data', work, { logger, firstMs: periodMs, retryMs: periodMs });
}

function createObserver({ logger, registry }: { readonly logger: Logger; readonly registry: Registry }) {
  const labelNames = ['table'] as const;
  const registers = [registry];
  const resealed = new Counter({
    name: 'personal_data_resealed_total',
    help: 'Rows that were sealed with the first key.',
    labelNames,
    registers,
  });
  const outdated = new Gauge({
    name: 'personal_data_outdated_rows',
    help: 'Rows that are sealed with an older key, or not yet; when it has been 0 for a day, older keys may be removed.',
    labelNames,
    registers,
  });
  const unreadable = new Gauge({
    name: 'personal_data_unreadable_rows',
    help: 'Rows that are sealed with a key that is not there, or did not open when they were to be sealed again.',
    labelNames,
    registers,
  });
  const told = new Set<string>();
  return {
    resealed,
    /** `altered` rows have a known key and do not open all the same. */
    backlog: ({ table, ...backlog }: SealingBacklog, altered: number): void => {
      outdated.set({ table }, backlog.outdated - altered);
      unreadable.set({ table }, backlog.unreadable + altered);
      for (const keyId of backlog.unknownKeys) {
        if (told.has(`${table} ${keyId}`)) continue;
        told.add(`${table} ${keyId}`);
        logger.error(
          { table, keyId, rows: backlog.unreadable },
          'rows of personal data are sealed with an unknown key',
        );
      }
    },
  };
}
