/** Brings a database to the newest migration: safely by several processes at once, and again after a crash. */
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import type { Release } from '../postgres/application-name.ts';
import type { DatabaseLogin } from '../postgres/client-config.ts';
import { codeOf, isBrokenConnection } from '../postgres/errors.ts';
import { tlsOptions } from '../postgres/tls.ts';
import { findReasonToWait } from './contractions.ts';
import { type Migration, readMigrations } from './files.ts';

export interface MigrationSettings extends DatabaseLogin {
  readonly migrationDeadlineMs: number;
  /** Other than the usual one; for tests. */
  readonly expandTimeoutMs?: number;
  /** Who migrates; without it a file of the phase `contract` is applied to an empty database only. */
  readonly release?: Release | undefined;
}

/** Any fixed number: advisory locks belong to one database, and nothing else of ours uses this one. */
const lockKey = 7_203_110_845;
/** Longest wait for a table lock: behind a waiting DDL statement all other queries queue. */
const lockTimeout = '2s';
/**
 * Longest run of one statement of a transaction in the phase `expand`, milliseconds: it goes on beside the old release and may hold
 * a lock that its requests wait for (a column that rewrites the table), so it is undone rather than waited for. What is meant to take
 * long has no limit, and so no role's default either: moved data (`migrate`), what only runs while no old process does (`contract`), and
 * what holds no such lock (`-- transaction: none`: an index made concurrently takes hours on a large table).
 */
const expandTimeoutMs = 60_000;
const lockNotAvailable = '55P03';
const queryCanceled = '57014';
const longestPauseMs = 5000;

/**
 * Applies what is missing and resolves with the names applied. Waits for the database, and for another process that is
 * migrating, up to the deadline; progress is logged. Files of the phase `contract` are put off until nobody runs that does
 * not know them; the others do not wait for them. Throws when an applied file was changed, or a migration fails.
 */
export async function migrate(folder: URL, settings: MigrationSettings, logger: Logger): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const begun = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrateOnce(migrations, settings, logger);
    } catch (error) {
      const elapsedMs = Math.round(performance.now() - begun);
      if (!isTemporary(error)) throw error;
      if (elapsedMs >= settings.migrationDeadlineMs) {
        throw new Error(`the database could not be migrated within ${settings.migrationDeadlineMs} ms`, {
          cause: error,
        });
      }
      logger.info({ reason: reasonOf(error), attempt, elapsedMs }, 'waiting to migrate');
      await wait(pauseMs(attempt, settings.migrationDeadlineMs - elapsedMs));
    }
  }
}

class Busy extends Error {
  override readonly name = 'Busy';
}

function isTemporary(error: unknown): boolean {
  return error instanceof Busy || isBrokenConnection(error) || codeOf(error) === lockNotAvailable;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A refused connection to a name with two addresses has its reasons inside.
  return error.message === '' ? (codeOf(error) ?? error.name) : error.message;
}

/** 250 ms, then half as long again each time up to 5 s, spread by a quarter so that several processes do not march in step. */
function pauseMs(attempt: number, leftMs: number): number {
  const pause = Math.min(longestPauseMs, 250 * 1.5 ** (attempt - 1));
  return Math.max(10, Math.min(leftMs, pause * (0.75 + Math.random() / 2)));
}

async function migrateOnce(
  migrations: readonly Migration[],
  settings: MigrationSettings,
  logger: Logger,
): Promise<readonly string[]> {
  const client = new pg.Client({
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.username.current,
    password: settings.password.current,
    ssl: tlsOptions(settings),
    connectionTimeoutMillis: 5000,
    application_name: 'migrate',
  });
  // A connection that breaks also rejects the running query; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await lock(client);
    const { release, expandTimeoutMs: limitMs = expandTimeoutMs } = settings;
    return await applyMissing(client, migrations, { release, logger, limitMs });
  } finally {
    // Ends the session and with it the lock.
    await client.end();
  }
}

/**
 * Tries instead of waiting: a session that waits for an advisory lock holds a snapshot, and `create index concurrently`
 * of the session that has the lock waits for all snapshots: the two would wait for each other.
 */
async function lock(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [lockKey]);
  if (rows[0]?.locked !== true) throw new Busy('another process is migrating');
}

interface Run {
  readonly release: Release | undefined;
  readonly logger: Logger;
  readonly limitMs: number;
}

async function applyMissing(
  client: pg.Client,
  migrations: readonly Migration[],
  { release, logger, limitMs }: Run,
): Promise<readonly string[]> {
  await client.query(`set lock_timeout = '${lockTimeout}'; set statement_timeout = 0`);
  await client.query(ledger);
  const { rows } = await client.query<AppliedRow>(
    'select version, name, checksum from schema_migrations order by version',
  );
  assertUnchanged(migrations, rows);
  const present = new Set(rows.map(({ version }) => version));
  const applied: string[] = [];
  for (const migration of migrations.filter(({ version }) => !present.has(version))) {
    // Nobody runs yet on a database that is empty.
    const mayWait = migration.phase === 'contract' && rows.length > 0;
    const reason = mayWait ? await findReasonToWait(client, migration, release) : undefined;
    if (reason !== undefined) {
      logger.info({ migration: migration.name, reason }, 'migration put off');
      continue;
    }
    const begun = performance.now();
    await applyOne(client, migration, limitMs);
    const durationMs = Math.round(performance.now() - begun);
    logger.info({ migration: migration.name, phase: migration.phase, durationMs }, 'migration applied');
    applied.push(migration.name);
  }
  const newest = rows.at(-1)?.version ?? 0;
  if (newest > migrations.length)
    logger.info({ known: migrations.length, applied: newest }, 'the database is newer than this release');
  return applied;
}

interface AppliedRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

const ledger = `create table if not exists schema_migrations (
  version integer not null constraint schema_migrations__primary_key primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
)`;

/** A database that is ahead is fine: this is an older release beside a newer one. */
function assertUnchanged(migrations: readonly Migration[], applied: readonly AppliedRow[]): void {
  for (const row of applied) {
    const file = migrations[row.version - 1];
    if (file !== undefined && file.checksum !== row.checksum) {
      throw new Error(`migration ${row.name} was applied and then changed; restore the file and write a new migration`);
    }
  }
}

async function applyOne(client: pg.Client, migration: Migration, limitMs: number): Promise<void> {
  const record = (): Promise<unknown> =>
    client.query('insert into schema_migrations (version, name, checksum) values ($1, $2, $3)', [
      migration.version,
      migration.name,
      migration.checksum,
    ]);
  if (!migration.isTransactional) {
    await client.query(migration.sql);
    await record();
    return;
  }
  await client.query('begin');
  try {
    if (migration.phase === 'expand') await client.query(`set local statement_timeout = ${limitMs}`);
    await client.query(migration.sql);
    await record();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    if (isTemporary(error)) throw error;
    const hint =
      migration.phase === 'expand' && codeOf(error) === queryCanceled
        ? `: a statement took longer than ${limitMs} ms; what takes long belongs into a file of its own, of the phase migrate or without a transaction`
        : '';
    throw new Error(`migration ${migration.name} failed${hint}`, { cause: error });
  }
}
