import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { quantityToNumber } from '../../../api/v1beta1/quantity.ts';

/** Options of redis.conf by name, as `CONFIG GET` spells their values. */
export type Options = Readonly<Record<string, string>>;

/**
 * Part of the container's memory limit that data may take. The rest is for what `maxmemory` does not count: pages
 * copied while the append-only file is rewritten by a fork, fragmentation, and the buffers of clients and replicas.
 */
const dataShare = 0.7;

/** Options that a running server takes over by CONFIG SET: changing them restarts nothing. */
export function liveOptions(stack: CompleteStack): Options {
  const maxMemory = Math.floor(quantityToNumber(stack.redis.resources.limits.memory) * dataShare);
  return {
    appendfsync: 'everysec',
    'auto-aof-rewrite-min-size': String(64 * 1024 * 1024),
    // The operator decides who replicates whom: a replica that moves by itself would undo its plan.
    'cluster-allow-replica-migration': 'no',
    // Milliseconds until a silent node counts as failed. Redis' default of 15 s makes a failover take that long; much
    // less makes a busy machine look dead.
    'cluster-node-timeout': '5000',
    'cluster-preferred-endpoint-type': 'hostname',
    // One lost shard must not stop the others.
    'cluster-require-full-coverage': 'no',
    maxmemory: String(maxMemory),
    // Carts are data, not a cache: a full Redis refuses writes instead of dropping keys.
    'maxmemory-policy': 'noeviction',
    // A first copy starts as soon as every replica of the shard asked for it, or after a second: one fork serves all.
    'repl-diskless-sync-delay': '1',
    'repl-diskless-sync-max-replicas': String(Math.max(1, stack.redis.replicasPerShard)),
    // Seconds between pings in the stream of changes (default 10): the first one confirmed shows that a replica gets it.
    'repl-ping-replica-period': '1',
    // How long a replica may be away without a full copy; grows with the data, at least Redis' default of 1 MiB.
    'repl-backlog-size': String(Math.max(1024 * 1024, Math.floor(maxMemory / 32))),
  };
}

/** Names of the live options: what a pass asks of every node. */
export const liveOptionNames: readonly string[] = [
  'appendfsync',
  'auto-aof-rewrite-min-size',
  'cluster-allow-replica-migration',
  'cluster-node-timeout',
  'cluster-preferred-endpoint-type',
  'cluster-require-full-coverage',
  'maxmemory',
  'maxmemory-policy',
  'repl-backlog-size',
  'repl-diskless-sync-delay',
  'repl-diskless-sync-max-replicas',
  'repl-ping-replica-period',
];

/** Options that only a start can change: their hash is in the pod template, so that a change rolls the pods. */
export function fixedOptions(paths: { readonly data: string; readonly users: string }): Options {
  return {
    aclfile: `${paths.users}/users.acl`,
    appendonly: 'yes',
    'cluster-config-file': `${paths.data}/nodes.conf`,
    'cluster-enabled': 'yes',
    dir: paths.data,
    // The append-only file is the persistence; snapshots would only cost a fork.
    save: '""',
    port: '6379',
    'tcp-keepalive': '60',
  };
}
