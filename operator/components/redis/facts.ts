import { type ClusterLine, parseClusterNodes } from './cluster-nodes.ts';
import { liveOptionNames } from './desired/options.ts';
import { identityFunction } from './identity.ts';
import { adminUser, servicesUser } from './names.ts';
import type { Answer, NodeFacts, Replication } from './observed.ts';

/** One command of a conversation, and what came back for it. */
export type Command = readonly (string | Buffer)[];
export type Reply = unknown;

/** Everything that a pass asks of a node, sent at once: one round trip. The answers come in the same order. */
export const questions: readonly Command[] = [
  ['INFO', 'server', 'replication', 'persistence', 'memory', 'cluster'],
  ['CLUSTER', 'INFO'],
  ['CLUSTER', 'NODES'],
  ['DBSIZE'],
  ['FCALL_RO', identityFunction, '0'],
  ['CONFIG', 'GET', ...liveOptionNames],
  ['ACL', 'GETUSER', adminUser],
  ['ACL', 'GETUSER', servicesUser],
];

/** Reads the answers to `questions`; an answer may be an `Error`. Throws when one that must be there is not. */
export function readAnswers(replies: readonly Reply[]): Answer {
  const [info, clusterInfo, nodes, keys, identity, options, admin, services] = replies;
  const server = parseFields(textOf(info, 'INFO'));
  if (server['loading'] === '1') {
    return { state: 'loading' };
  }
  const isCluster = server['cluster_enabled'] === '1';
  const lines = isCluster ? parseClusterNodes(textOf(nodes, 'CLUSTER NODES')) : [];
  const cluster = isCluster ? parseFields(textOf(clusterInfo, 'CLUSTER INFO')) : {};
  return {
    state: 'up',
    facts: {
      ...readLines(lines),
      isStateOk: cluster['cluster_state'] === 'ok',
      keys: typeof keys === 'number' ? keys : 0,
      identity: typeof identity === 'string' ? identity : undefined,
      isCluster,
      ...readServer(server),
      options: pairsOf(options),
      users: { [adminUser]: passwordsOf(admin), [servicesUser]: passwordsOf(services) },
    },
  };
}

type OwnLine = Pick<NodeFacts, 'id' | 'primaryId' | 'slots' | 'migrating' | 'importing' | 'view' | 'epoch'>;

function readLines(lines: readonly ClusterLine[]): OwnLine {
  const own = lines.find(({ flags }) => flags.has('myself'));
  return {
    id: own?.id ?? '',
    primaryId: own?.primaryId,
    slots: own?.slots ?? [],
    migrating: own?.migrating ?? [],
    importing: own?.importing ?? [],
    epoch: own?.epoch ?? 0,
    // Nodes that shake hands have a made-up id until they answered, and vanish by themselves when they do not.
    view: lines.filter(({ flags }) => !flags.has('myself') && !flags.has('handshake')),
  };
}

function readServer(server: Fields) {
  return {
    version: server['valkey_version'] ?? server['redis_version'] ?? 'unknown',
    clock: Number(server['server_time_usec'] ?? 0) / 1000,
    uptimeMs: Number(server['uptime_in_seconds'] ?? 0) * 1000,
    replication: readReplication(server),
    persistenceProblem: findPersistenceProblem(server),
    usedMemoryBytes: Number(server['used_memory'] ?? 0),
    maxMemoryBytes: Number(server['maxmemory'] ?? 0),
  };
}

function readReplication(server: Fields): Replication {
  if (server['role'] === 'master') {
    return {
      offset: Number(server['master_repl_offset'] ?? 0),
      isStreaming: true,
      source: undefined,
      followers: readFollowers(server),
    };
  }
  return {
    offset: Number(server['slave_repl_offset'] ?? 0),
    isStreaming: server['master_link_status'] === 'up' && server['master_sync_in_progress'] === '0',
    source: server['master_host'],
    followers: new Map(),
  };
}

/** From lines as `slave0:ip=10.0.0.7,port=6379,state=online,offset=42,lag=1`. */
function readFollowers(server: Fields): ReadonlyMap<string, number> {
  const lines = Object.entries(server).filter(([name]) => /^slave\d+$/.test(name));
  const followers = lines.map(
    ([, text]) => Object.fromEntries(text.split(',').map((pair) => pair.split('='))) as Fields,
  );
  const online = followers.filter((follower) => follower['state'] === 'online');
  return new Map(online.map(({ ip = '', offset }) => [ip, Number(offset ?? 0)]));
}

function findPersistenceProblem(server: Fields): string | undefined {
  return server['aof_enabled'] === '1' && server['aof_last_write_status'] !== 'ok'
    ? 'it cannot write its append-only file (aof_last_write_status is not ok)'
    : undefined;
}

type Fields = Readonly<Record<string, string>>;

/** Lines of `name:value`, as INFO and CLUSTER INFO answer. */
function parseFields(text: string): Fields {
  const entries = text.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : [];
  });
  return Object.fromEntries(entries);
}

function textOf(reply: Reply, command: string): string {
  if (typeof reply === 'string') {
    return reply;
  }
  throw reply instanceof Error ? reply : new TypeError(`${command} answered ${typeof reply} instead of text`);
}

/** A map in the flat form of RESP 2: `[key, value, key, value]`. */
function pairsOf(reply: Reply): Record<string, string> {
  const list: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const pairs: Record<string, string> = {};
  for (let index = 0; index + 1 < list.length; index += 2) {
    pairs[String(list[index])] = String(list[index + 1]);
  }
  return pairs;
}

function passwordsOf(reply: Reply): readonly string[] {
  const list: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const fieldOf = (field: string): readonly string[] => {
    const at = list.indexOf(field);
    const value: unknown = at < 0 ? undefined : list[at + 1];
    return Array.isArray(value) ? value.map(String) : [];
  };
  return fieldOf('flags').includes('on') ? fieldOf('passwords') : [];
}
