/** A service's database: the primary for writes, the replicas for reads that may be a moment old. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Logger } from '../logger.ts';
import { latencyBuckets, type Metrics } from '../metrics.ts';
import { toApplicationName } from './application-name.ts';
import { isRetryable, isTransient } from './errors.ts';
import { createPool, type PoolSettings, type StatementPool } from './pool.ts';
import { Recess } from './recess.ts';
import type { Connection, Statement, Transaction } from './statement.ts';

export interface DatabaseSettings extends Omit<PoolSettings, 'applicationName'> {
  readonly readOnlyHost?: string | undefined;
  readonly readOnlyPort: number;
}

export interface Database {
  readonly primary: Connection;
  /**
   * For reads that may be a moment behind the primary. Without replicas, or while none can be reached, these go to the
   * primary: an old answer is never worth an error.
   */
  readonly replica: Connection;
  /**
   * Runs `work` in one transaction and commits; any throw rolls back. Lost races (deadlock, serialization) are repeated up
   * to three times, so `work` must have no effect outside the transaction. One statement needs no transaction: prefer a CTE.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Whether somebody waits for a connection to the primary: work that can wait then lets others go first. */
  hasWaiters(): boolean;
  /** Resolves when the primary answers. */
  ping(): Promise<void>;
  /** Resolves when the replicas answer, or when there are none. */
  pingReplica(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseObservers {
  readonly service: string;
  /** Told to the server, so that a migration sees which releases still run. */
  readonly version?: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Opens nothing yet: a service starts while its database is still down, and says so in `/health`. */
export function openDatabase(settings: DatabaseSettings, observers: DatabaseObservers): Database {
  const duration = new Histogram({
    name: 'db_query_duration_seconds',
    help: 'Time of one SQL statement, without the wait for a connection.',
    labelNames: ['statement'],
    buckets: latencyBuckets,
    registers: [observers.metrics.registry],
  });
  const silent = new Counter({
    name: 'db_silent_connections_total',
    help: 'Connections that were given up because their server said nothing any more.',
    labelNames: ['pool'],
    registers: [observers.metrics.registry],
  });
  const { service, version = 'unknown' } = observers;
  const applicationName = toApplicationName({ service, version });
  const open = (host: string, port: number, label: string): StatementPool =>
    createPool(
      { ...settings, host, port, applicationName },
      {
        duration,
        onIdleError: (err) => observers.logger.warn({ err, pool: label }, 'an idle database connection broke'),
        onSilence: (connections) => {
          silent.inc({ pool: label }, connections);
          observers.logger.warn({ pool: label, connections }, 'database connections without an answer were given up');
        },
      },
    );
  const primary = open(settings.host, settings.port, 'primary');
  const replica =
    settings.readOnlyHost === undefined ? undefined : open(settings.readOnlyHost, settings.readOnlyPort, 'replica');
  observePools(observers.metrics, { primary, ...(replica === undefined ? {} : { replica }) });
  return {
    primary,
    replica: replica === undefined ? primary : withFallback(replica, primary, observers),
    transaction: (work) => inTransaction(primary, work),
    hasWaiters: () => primary.counts().waiting > 0,
    ping: () => primary.ping(),
    pingReplica: async () => replica?.ping(),
    close: async () => {
      await Promise.all([primary.close(), replica?.close()]);
    },
  };
}

const transactionAttempts = 3;

async function inTransaction<T>(pool: StatementPool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pool.transaction(work);
    } catch (error) {
      if (attempt === transactionAttempts || !isRetryable(error)) throw error;
    }
  }
}

function withFallback(replica: StatementPool, primary: StatementPool, observers: DatabaseObservers): Connection {
  const fallbacks = new Counter({
    name: 'db_replica_fallbacks_total',
    help: 'Reads that went to the primary because no replica could be reached.',
    registers: [observers.metrics.registry],
  });
  const recess = new Recess();
  const giveWay = (error: unknown): void => {
    // Not reachable, or the replica cancelled the query because it got in the way of replay (SQLSTATE 40001).
    if (!isTransient(error)) throw error;
    if (!isRetryable(error)) recess.begin();
    observers.logger.debug({ err: error }, 'a read went to the primary');
  };
  const onPrimary: Connection['rows'] = (statement, values) => {
    fallbacks.inc();
    return primary.rows(statement, values);
  };
  return {
    rows: async <Row>(statement: Statement, values?: readonly unknown[]) => {
      if (!recess.mayTry()) return onPrimary<Row>(statement, values);
      try {
        const rows = await replica.rows<Row>(statement, values);
        recess.end();
        return rows;
      } catch (error) {
        giveWay(error);
        return onPrimary<Row>(statement, values);
      }
    },
  };
}

function observePools(metrics: Metrics, pools: Readonly<Record<string, StatementPool>>): void {
  new Gauge({
    name: 'db_pool_connections',
    help: 'Connections of the pool; state waiting counts callers that wait for one.',
    labelNames: ['pool', 'state'],
    registers: [metrics.registry],
    collect() {
      for (const [name, pool] of Object.entries(pools)) {
        const { total, idle, waiting } = pool.counts();
        this.set({ pool: name, state: 'idle' }, idle);
        this.set({ pool: name, state: 'used' }, total - idle);
        this.set({ pool: name, state: 'waiting' }, waiting);
      }
    },
  });
}
