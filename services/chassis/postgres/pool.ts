/** One connection pool: checks out, limits the time, measures, and throws away what is broken. */
import pg from 'pg';
import type { Histogram } from 'prom-client';
import { currentContext } from '../context.ts';
import { ProblemError } from '../problem.ts';
import { isBrokenConnection, translate } from './errors.ts';
import type { Connection, Statement } from './statement.ts';
import { type SslMode, tlsOptions } from './tls.ts';

export interface PoolSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly sslMode: SslMode;
  readonly caCertificate?: string | undefined;
  readonly poolMax: number;
  readonly poolMin: number;
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
}

export interface StatementPool extends Connection {
  /** Runs `work` on one connection between begin and commit; any throw rolls back. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Resolves when the server answers; at once when it has answered a statement within the last second. */
  ping(): Promise<void>;
  readonly counts: () => { readonly total: number; readonly idle: number; readonly waiting: number };
  close(): Promise<void>;
}

/**
 * Statement timeouts that connections are given. The timeout belongs to the connection, and changing it costs a round
 * trip: with few steps nearly all requests find it set already.
 */
const timeoutStepsMs = [100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

/** How long an answered statement counts as proof of life: probes then cost nothing under load, and never queue. */
const proofOfLifeMs = 1000;

/** Opens nothing yet: the first statement connects. */
export function createPool(
  settings: PoolSettings,
  observe: { readonly duration: Histogram<'statement'>; readonly onIdleError: (error: Error) => void },
): StatementPool {
  const pool = new pg.Pool(toPoolConfig(settings));
  pool.on('error', observe.onIdleError);
  const timeouts = new WeakMap<pg.PoolClient, number>();
  let answeredAt = Number.NEGATIVE_INFINITY;

  const run = async <Row>(
    client: pg.PoolClient,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> => {
    await limitStatement(client, timeouts, settings.statementTimeoutMs);
    const begun = performance.now();
    const result = await client.query({ name: statement.name, text: statement.text, values: [...values] });
    answeredAt = performance.now();
    observe.duration.observe({ statement: statement.name }, (answeredAt - begun) / 1000);
    return result.rows as readonly Row[]; // the caller wrote the select list that Row describes
  };

  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    assertTimeLeft();
    let client: pg.PoolClient | undefined;
    let isBroken = false;
    try {
      client = await pool.connect();
      return await work(client);
    } catch (error) {
      isBroken = isBrokenConnection(error) || error instanceof OpenTransactionError;
      throw translate(error instanceof OpenTransactionError ? error.cause : error);
    } finally {
      client?.release(isBroken);
    }
  };

  const connectionOf = (client: pg.PoolClient): Connection => ({
    rows: (statement, values = []) => run(client, statement, values),
  });

  return {
    rows: (statement, values = []) => withClient((client) => run(client, statement, values)),
    transaction: (work) =>
      withClient((client) => {
        const before = timeouts.get(client);
        // A rollback takes back what the transaction had set.
        const onRollback = () => (before === undefined ? timeouts.delete(client) : timeouts.set(client, before));
        return inTransaction(client, () => work(connectionOf(client)), onRollback);
      }),
    ping: async () => {
      if (performance.now() - answeredAt < proofOfLifeMs) return;
      await withClient((client) => run(client, pingStatement, []));
    },
    counts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

const pingStatement: Statement = { name: 'ping', text: 'select 1' };

function toPoolConfig(settings: PoolSettings): pg.PoolConfig {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.username,
    password: settings.password,
    ssl: tlsOptions(settings),
    max: settings.poolMax,
    min: Math.min(settings.poolMin, settings.poolMax),
    idleTimeoutMillis: settings.idleTimeoutMs,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    // A server that went away without a word: give up a little after it should have given up itself.
    query_timeout: settings.statementTimeoutMs + 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    application_name: settings.applicationName,
    types: { getTypeParser: parserOf },
  };
}

/** `bigint` as number: our amounts and counts are far below 2^53, and an unsafe one is a defect. */
function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is not a safe integer`);
  return value;
}

const bigintOid = 20;

const parserOf = ((oid: number, format?: 'text' | 'binary') =>
  oid === bigintOid && format !== 'binary'
    ? parseBigint
    : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser; // overloads

async function limitStatement(
  client: pg.PoolClient,
  timeouts: WeakMap<pg.PoolClient, number>,
  longestMs: number,
): Promise<void> {
  const wanted = timeoutStep(assertTimeLeft(), longestMs);
  const present = timeouts.get(client) ?? longestMs;
  if (wanted === present) return;
  timeouts.set(client, wanted);
  await client.query(`set statement_timeout = ${wanted}`);
}

/** The smallest step that is not shorter than what is left. */
function timeoutStep(remainingMs: number, longestMs: number): number {
  const step = timeoutStepsMs.find((candidate) => candidate >= remainingMs) ?? longestMs;
  return Math.min(step, longestMs);
}

function assertTimeLeft(): number {
  const context = currentContext();
  if (context === undefined) return Number.POSITIVE_INFINITY;
  if (context.cancelled !== undefined)
    throw new ProblemError('deadline-exceeded', undefined, { cause: context.cancelled });
  const remainingMs = context.remainingMs();
  if (remainingMs <= 0) throw new ProblemError('deadline-exceeded');
  return remainingMs;
}

/** The transaction could not be ended: the connection must not go back to the pool. */
class OpenTransactionError extends Error {
  override readonly name = 'OpenTransactionError';
}

async function inTransaction<T>(client: pg.PoolClient, work: () => Promise<T>, onRollback: () => unknown): Promise<T> {
  await client.query('begin');
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // Also when the time of the request is used up: an open transaction holds its locks.
    await client.query('rollback').catch(() => {
      throw new OpenTransactionError('the transaction was left open', { cause: error });
    });
    onRollback();
    throw error;
  }
}
