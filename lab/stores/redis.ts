/** A real Redis Cluster as plain processes, for tests and local development. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFreePorts } from '../programs/ports.ts';
import { findProgram, redisPrograms } from './programs.ts';
import {
  makeServerFolder,
  removeFolder,
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from './server-process.ts';

export interface RedisClusterOptions {
  /** Primaries that share the slots; at least 3 (default), as Redis Cluster asks for a majority. */
  readonly primaries?: number;
  /** Default 0. */
  readonly replicasPerPrimary?: number;
  /** False starts the nodes without forming a cluster of them. Default true. */
  readonly formed?: boolean;
  /** Extra command-line settings of every node, e.g. `{ maxmemory: '64mb' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
  /** Stops the process and keeps its data. */
  stop(how?: 'term' | 'kill'): Promise<void>;
  /** Starts it again on the same port after `stop`. */
  start(): Promise<void>;
}

export interface RedisCluster {
  readonly nodes: readonly RedisNode[];
  /** Of the user `default`, who may do everything. */
  readonly password: string;
  /** `host:port,host:port,…` */
  readonly nodeList: string;
  /**
   * Waits until every node says `ok`, with all slots and all replicas known. Needed after a stopped primary was started: it
   * refuses to serve for 2 seconds.
   */
  whenHealthy(): Promise<void>;
  /** Stops all nodes and removes everything. */
  close(): Promise<void>;
}

const slotCount = 16_384;

/**
 * Starts a Redis Cluster with a password on free loopback ports and waits until every node says that it is `ok`.
 *
 * A new primary refuses to serve for 2 seconds (CLUSTER_WRITABLE_DELAY in Redis), which is most of the time this takes.
 * The servers die with this process. Throws with the servers' last lines when they do not come up in 30 seconds.
 */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const primaries = options.primaries ?? 3;
  const size = primaries * (1 + (options.replicasPerPrimary ?? 0));
  const program = await findProgram('redis-server', redisPrograms);
  const folder = await makeServerFolder('redis');
  const password = randomBytes(18).toString('base64url');
  const nodes: ManagedNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop('kill')));
    await removeFolder(folder);
  };
  try {
    const launcher: Launcher = { program, folder, password, settings: options.settings ?? {} };
    nodes.push(...(await startNodes(launcher, size)));
    if (options.formed !== false) await formCluster(nodes, primaries, password);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    nodes,
    password,
    nodeList: nodes.map((node) => `${node.host}:${node.port}`).join(','),
    whenHealthy: () => withClients(nodes, password, (clients) => waitUntilHealthy(nodes, clients, size - primaries)),
    close,
  };
}

interface Launcher {
  readonly program: string;
  readonly folder: string;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
}

interface ManagedNode extends RedisNode {
  readonly busPort: number;
  readonly process: () => ServerProcess;
}

/** Another process may take a free port before Redis binds it: then new ones are tried. */
async function startNodes(launcher: Launcher, size: number): Promise<readonly ManagedNode[]> {
  const ports = await findFreePorts(size * 2);
  const nodes = Array.from({ length: size }, (_, index) =>
    startNode(launcher, { port: ports[index * 2] ?? 0, busPort: ports[index * 2 + 1] ?? 0 }),
  );
  const started = await Promise.allSettled(nodes);
  const failure = started.find((result) => result.status === 'rejected');
  if (failure === undefined) return Promise.all(nodes);
  await Promise.all(started.filter((result) => result.status === 'fulfilled').map(({ value }) => value.stop('kill')));
  if (String(failure.reason).includes('bind')) return startNodes(launcher, size);
  throw failure.reason;
}

async function startNode(launcher: Launcher, ports: { port: number; busPort: number }): Promise<ManagedNode> {
  let server = await launch(launcher, ports);
  return {
    host: '127.0.0.1',
    ...ports,
    process: () => server,
    stop: (how = 'term') => server.stop(how === 'term' ? 'SIGTERM' : 'SIGKILL'),
    start: async () => {
      if (!server.isRunning()) server = await launch(launcher, ports);
    },
  };
}

async function launch(launcher: Launcher, ports: { port: number; busPort: number }): Promise<ServerProcess> {
  const { password } = launcher;
  const settings: Readonly<Record<string, string>> = {
    port: String(ports.port),
    'cluster-port': String(ports.busPort),
    bind: '127.0.0.1',
    dir: launcher.folder,
    'cluster-enabled': 'yes',
    'cluster-config-file': join(launcher.folder, `nodes-${ports.port}.conf`),
    // Long enough that a busy test machine does not look like a dead node.
    'cluster-node-timeout': '5000',
    requirepass: password,
    masterauth: password,
    appendonly: 'no',
    save: '',
    ...launcher.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await startServerProcess(launcher.program, flags, { cwd: launcher.folder, signalOnOrphan: 'KILL' });
  await waitUntilReady([server], () => answersPing(ports.port, password), 30_000);
  return server;
}

async function formCluster(nodes: readonly ManagedNode[], primaries: number, password: string): Promise<void> {
  await withClients(nodes, password, async (clients) => {
    await assignSlots(clients.slice(0, primaries));
    await meetAll(clients[0], nodes.slice(1));
    const servers = nodes.map((node) => node.process());
    await waitUntilReady(servers, () => all(clients, (client) => knowsNodes(client, nodes.length)), 30_000);
    await attachReplicas(clients, primaries);
    await waitUntilHealthy(nodes, clients, nodes.length - primaries);
  });
}

async function meetAll(client: Redis | undefined, others: readonly ManagedNode[]): Promise<void> {
  if (client === undefined) throw new Error('primaries must be at least 1');
  await Promise.all(others.map(({ host, port, busPort }) => client.call('CLUSTER', 'MEET', host, port, busPort)));
}

async function withClients(
  nodes: readonly ManagedNode[],
  password: string,
  work: (clients: readonly Redis[]) => Promise<void>,
): Promise<void> {
  const clients = nodes.map((node) => connect(node.port, password));
  try {
    await work(clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function waitUntilHealthy(
  nodes: readonly ManagedNode[],
  clients: readonly Redis[],
  replicas: number,
): Promise<void> {
  const servers = nodes.map((node) => node.process());
  await waitUntilReady(servers, () => all(clients, (client) => isHealthy(client, replicas)), 30_000);
}

async function assignSlots(primaries: readonly Redis[]): Promise<void> {
  const share = slotCount / primaries.length;
  await Promise.all(
    primaries.map(async (client, index) => {
      // Different epochs from the start: otherwise the nodes settle a collision first.
      await client.cluster('SET-CONFIG-EPOCH', index + 1);
      const last = index + 1 === primaries.length ? slotCount - 1 : Math.floor(share * (index + 1)) - 1;
      await client.call('CLUSTER', 'ADDSLOTSRANGE', Math.floor(share * index), last);
    }),
  );
}

async function attachReplicas(clients: readonly Redis[], primaries: number): Promise<void> {
  const ids = await Promise.all(clients.slice(0, primaries).map((client) => client.cluster('MYID')));
  await Promise.all(
    clients.slice(primaries).map((client, index) => client.cluster('REPLICATE', String(ids[index % primaries]))),
  );
}

async function knowsNodes(client: Redis, count: number): Promise<boolean> {
  return String(await client.cluster('INFO')).includes(`cluster_known_nodes:${count}\r`);
}

async function isHealthy(client: Redis, replicas: number): Promise<boolean> {
  const info = String(await client.cluster('INFO'));
  const members = String(await client.cluster('NODES'));
  const known = members.split('\n').filter((line) => line.includes('slave ') && line.includes(' connected'));
  const isLinked = !members.includes('myself,slave') || (await client.info('replication')).includes('link_status:up');
  const isCovered = info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${slotCount}\r`);
  return isCovered && isLinked && known.length === replicas;
}

async function all(clients: readonly Redis[], predicate: (client: Redis) => Promise<boolean>): Promise<boolean> {
  return (await Promise.all(clients.map(predicate))).every(Boolean);
}

async function answersPing(port: number, password: string): Promise<boolean> {
  const client = connect(port, password);
  return client
    .ping()
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.disconnect());
}

function connect(port: number, password: string): Redis {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    lazyConnect: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // Refused connections are expected while a node starts; the command's rejection is what counts.
  client.on('error', () => undefined);
  return client;
}
