/** A real PostgreSQL as a plain process, for tests and local development. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { findFreePort } from '../programs/ports.ts';
import { findProgram, postgresPrograms } from './programs.ts';
import {
  makeServerFolder,
  removeFolder,
  runUnprivileged,
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from './server-process.ts';

export interface PostgresOptions {
  /** False (default) trades crash safety for speed; measurements that compare writes need true. */
  readonly durable?: boolean;
  /** Extra `postgresql.conf` settings, e.g. `{ max_connections: '50' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Fixed TCP port; default a free one. */
  readonly port?: number;
}

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Folder with `psql`, `pg_dump`, `pgbench` of the same version. */
  readonly programFolder: string;
  /** Connection string of one database. */
  url(database: string): string;
  /** Creates a database, from `template` when given (a copy of it, in milliseconds; nobody may be connected to it). */
  createDatabase(name: string, template?: string): Promise<void>;
  /** Stops the server and keeps its data; by default clients are cut off (`fast`). */
  stop(how?: 'fast' | 'kill'): Promise<void>;
  /** Starts it again on the same port after `stop`. */
  start(): Promise<void>;
  /** Stops the server and removes everything. */
  close(): Promise<void>;
}

const superuser = 'postgres';

/**
 * Starts an empty PostgreSQL with password authentication on a free loopback port.
 *
 * The server dies with this process, however that ends. Throws with the server's last lines when it does not come up in
 * 30 seconds, and with the package's name when PostgreSQL is not installed and cannot be.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const programFolder = dirname(await findProgram('initdb', postgresPrograms));
  const folder = await makeServerFolder('postgres');
  const password = randomBytes(18).toString('base64url');
  try {
    await initialise(programFolder, folder, password);
    return await startOnFreePort({ programFolder, folder, password, options });
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
}

interface Cluster {
  readonly programFolder: string;
  readonly folder: string;
  readonly password: string;
  readonly options: PostgresOptions;
}

async function initialise(programFolder: string, folder: string, password: string): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o644 });
  const auth = ['--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  const locale = ['--encoding', 'UTF8', '--locale', 'C.UTF-8'];
  const args = [
    '--pgdata',
    join(folder, 'data'),
    ...auth,
    ...locale,
    '--data-checksums',
    '--no-sync',
    '--no-instructions',
  ];
  await runUnprivileged(join(programFolder, 'initdb'), args, folder);
  await mkdir(join(folder, 'log'));
}

/** Another process may take the free port before PostgreSQL binds it: then a new one is tried. */
async function startOnFreePort(cluster: Cluster): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt += 1) {
    const free = cluster.options.port ?? (await findFreePort());
    try {
      return toPostgresServer(cluster, free, await launch(cluster, free));
    } catch (error) {
      const isTaken = error instanceof Error && error.message.includes('Address already in use');
      if (!isTaken || attempt === 3 || cluster.options.port !== undefined) throw error;
    }
  }
}

async function launch(cluster: Cluster, port: number): Promise<ServerProcess> {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: cluster.folder,
    max_connections: '200',
    shared_buffers: '64MB',
    ...(cluster.options.durable === true ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...cluster.options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = await startServerProcess(
    join(cluster.programFolder, 'postgres'),
    ['-D', join(cluster.folder, 'data'), ...flags],
    { cwd: cluster.folder, signalOnOrphan: 'INT' },
  );
  try {
    await waitUntilReady([server], () => canConnect(port, cluster.password), 30_000);
  } catch (error) {
    await server.stop('SIGQUIT');
    throw error;
  }
  return server;
}

function toPostgresServer(cluster: Cluster, port: number, first: ServerProcess): PostgresServer {
  let server = first;
  const { password } = cluster;
  const stop = async (how: 'fast' | 'kill' = 'fast'): Promise<void> =>
    server.stop(how === 'fast' ? 'SIGINT' : 'SIGKILL');
  return {
    host: '127.0.0.1',
    port,
    username: superuser,
    password,
    programFolder: cluster.programFolder,
    url: (database) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`,
    createDatabase: (name, template) => createDatabase({ port, password }, name, template),
    stop,
    start: async () => {
      if (!server.isRunning()) server = await launch(cluster, port);
    },
    close: async () => {
      await stop();
      await removeFolder(cluster.folder);
    },
  };
}

async function createDatabase(
  server: { readonly port: number; readonly password: string },
  name: string,
  template = 'template0',
): Promise<void> {
  await withClient(server.port, server.password, async (client) => {
    await client.query(
      `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}`,
    );
  });
}

async function canConnect(port: number, password: string): Promise<boolean> {
  return withClient(port, password, async (client) => {
    await client.query('select 1');
    return true;
  }).catch(() => false);
}

async function withClient<T>(port: number, password: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' });
  // A server that stops in mid-conversation also raises this event; the query's own rejection tells the caller.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
