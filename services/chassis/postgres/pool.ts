/** One connection pool: checks out, limits the time, measures, and throws away what is broken. */
import pg from 'pg';
import type { Histogram } from 'prom-client';
import { currentContext } from '../context.ts';
import { ProblemError } from '../problem.ts';
import { answerGraceMs, type ConnectionSettings, toClientConfig } from './client-config.ts';
import { isBrokenConnection, translate } from './errors.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { Connection, Statement, Transaction } from './statement.ts';

export interface PoolSettings extends ConnectionSettings {
  readonly poolMax: number;
  readonly poolMin: number;
  readonly idleTimeoutMs: number;
  readonly applicationName: string;
}

export interface StatementPool extends Connection {
  /** Runs `work` on one connection between begin and commit; any throw rolls back. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
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

export interface PoolObservers {
  readonly duration: Histogram<'statement'>;
  readonly onIdleError: (error: Error) => void;
  /** So many connections were given up because their server said nothing any more. */
  readonly onSilence: (connections: number) => void;
}

/** Opens nothing yet: the first statement connects. */
export function createPool(settings: PoolSettings, observe: PoolObservers): StatementPool {
  const pool = new pg.Pool(toPoolConfig(settings));
  pool.on('error', observe.onIdleError);
  // The pool listens while a connection is idle only, and a connection that breaks while nobody listens ends the process. Whoever
  // works with it is told by the next statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const silence = new SilenceWatch(pool, observe.onSilence);
  const timeouts = new WeakMap<pg.PoolClient, number>();
  let answeredAt = Number.NEGATIVE_INFINITY;

  /** Has the server end what runs longer than the request may; in milliseconds. */
  const limitStatement = async (client: pg.PoolClient): Promise<number> => {
    const wanted = timeoutStep(assertTimeLeft(), settings.statementTimeoutMs);
    if (wanted === (timeouts.get(client) ?? settings.statementTimeoutMs)) return wanted;
    timeouts.set(client, wanted);
    await silence.watch(client, () => client.query(`set statement_timeout = ${wanted}`));
    return wanted;
  };

  const run = async <Row>(
    client: pg.PoolClient,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> => {
    const limitMs = await limitStatement(client);
    const begun = performance.now();
    const { name, text } = statement;
    const query = { name, text, values: [...values], query_timeout: limitMs + answerGraceMs };
    const result = await silence.watch(client, () => client.query(query));
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

  const transactionOn = (client: pg.PoolClient): Transaction => ({
    isTransaction: true,
    rows: (statement, values = []) => run(client, statement, values),
  });

  return {
    rows: (statement, values = []) => withClient((client) => run(client, statement, values)),
    transaction: (work) =>
      withClient((client) => {
        const before = timeouts.get(client);
        // A rollback takes back what the transaction had set.
        const onRollback = () => (before === undefined ? timeouts.delete(client) : timeouts.set(client, before));
        const send = (text: string) => silence.watch(client, () => client.query(text));
        return inTransaction(send, () => work(transactionOn(client)), onRollback);
      }),
    ping: async () => {
      if (performance.now() - answeredAt < proofOfLifeMs) return;
      await withClient((client) => run(client, pingStatement, []));
    },
    counts: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => {
      silence.close();
      return pool.end();
    },
  };
}

const pingStatement: Statement = { name: 'ping', text: 'select 1' };

function toPoolConfig(settings: PoolSettings): pg.PoolConfig {
  return {
    ...toClientConfig(settings, settings.applicationName),
    // The pool would log in all connections as the first one.
    Client: class extends pg.Client {
      constructor() {
        super(toClientConfig(settings, settings.applicationName));
      }
    },
    max: settings.poolMax,
    min: Math.min(settings.poolMin, settings.poolMax),
    idleTimeoutMillis: settings.idleTimeoutMs,
  };
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

async function inTransaction<T>(
  send: (text: string) => Promise<unknown>,
  work: () => Promise<T>,
  onRollback: () => unknown,
): Promise<T> {
  await send('begin');
  try {
    const result = await work();
    await send('commit');
    return result;
  } catch (error) {
    // Also when the time of the request is used up: an open transaction holds its locks.
    await send('rollback').catch(() => {
      throw new OpenTransactionError('the transaction was left open', { cause: error });
    });
    onRollback();
    throw error;
  }
}
