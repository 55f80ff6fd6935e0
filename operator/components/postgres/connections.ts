import { checkServerIdentity } from 'node:tls';
import pg from 'pg';
import { hashOf } from '../../objects/hash.ts';
import type { ServerTarget } from './target.ts';

/** Sessions with PostgreSQL servers: one or two per server and stack, kept while it is used, closed when idle. */
export interface Connections {
  /**
   * Runs `work` in a session; queries inside it wait for each other. Rejects with the driver's error; a session that
   * failed or was aborted is not used again.
   */
  run<T>(target: ServerTarget, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T>;
  /** Number of servers that have a session or are being connected to: for tests of leaks. */
  size(): number;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /** For each statement; a session that takes longer is given up. */
  readonly timeoutMs: number;
}

export interface Session {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** TCP, TLS and login together; a healthy server takes milliseconds. */
const connectTimeoutMs = 3_000;

/** Sessions idle for `idleMs` are closed, and with the last one everything that is known of a server. */
export function createConnections(idleMs: number): Connections {
  const pools = new Map<string, pg.Pool>();
  const poolOf = (target: ServerTarget): pg.Pool => {
    const key = keyOf(target);
    const known = pools.get(key);
    if (known !== undefined) {
      return known;
    }
    const pool = new pg.Pool(configOf(target, idleMs));
    // A server that closes an idle session is no error of ours; the pool has dropped it already. One that closes a busy
    // session fails its query, which says so, and raises this event besides, which nobody else listens to.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    pool.on('remove', () => forgetUnused(pools, key));
    pools.set(key, pool);
    return pool;
  };
  return {
    run: (target, options, work) =>
      runIn(poolOf(target), options, work).finally(() => forgetUnused(pools, keyOf(target))),
    size: () => pools.size,
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      pools.clear();
    },
  };
}

function forgetUnused(pools: Map<string, pg.Pool>, key: string): void {
  const pool = pools.get(key);
  if (pool !== undefined && pool.totalCount === 0 && pool.waitingCount === 0) {
    pools.delete(key);
  }
}

async function runIn<T>(pool: pg.Pool, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
  options.signal.throwIfAborted();
  const client = await pool.connect();
  let released = false;
  const release = (isBroken: boolean) => {
    if (!released) {
      released = true;
      client.release(isBroken);
    }
  };
  // Destroying the session is the only way out of a query that the server is still working at.
  const abort = () => release(true);
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    const result = await work(sessionOf(client, options.timeoutMs));
    release(false);
    return result;
  } catch (error) {
    release(true);
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', abort);
  }
}

function sessionOf(client: pg.PoolClient, timeoutMs: number): Session {
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[]) {
      const config = { text, query_timeout: timeoutMs, ...(values === undefined ? {} : { values: [...values] }) };
      const result = await client.query<Row>(config);
      return result.rows;
    },
  };
}

function configOf(target: ServerTarget, idleMs: number): pg.PoolConfig {
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.database,
    ssl: tlsOf(target),
    // The second one is for a pass that begins while an aborted one's session is still being taken down.
    max: 2,
    idleTimeoutMillis: idleMs,
    allowExitOnIdle: true,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'ecommerce-operator',
    // Nobody's function or table can take the place of one that a query of ours means.
    options: '-c search_path=pg_catalog,pg_temp -c lock_timeout=3000 -c statement_timeout=30000',
  };
}

/** libpq's words for how much of the server's certificate is checked. */
function tlsOf(target: ServerTarget): pg.PoolConfig['ssl'] {
  const ca = target.caCertificate === undefined ? {} : { ca: target.caCertificate };
  switch (target.sslmode) {
    case 'disable':
      return false;
    case 'verify-full':
      // The driver passes no name where the host is an address.
      return {
        ...ca,
        rejectUnauthorized: true,
        checkServerIdentity: (_, seen) => checkServerIdentity(target.host, seen),
      };
    case 'verify-ca':
      return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    default:
      return { ...ca, rejectUnauthorized: false };
  }
}

function keyOf(target: ServerTarget): string {
  const { host, port, user, password, database, sslmode, caCertificate, stack } = target;
  return hashOf({ host, port, user, password, database, sslmode, caCertificate, stack });
}
