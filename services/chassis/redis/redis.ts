/** The Redis Cluster client of a service. */
import { Cluster } from 'ioredis';
import type { Check } from '../health.ts';
import type { Logger } from '../logger.ts';

export interface RedisSettings {
  readonly nodes: readonly string[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly commandTimeoutMs: number;
}

export type RedisClient = Cluster;

/**
 * Connects in the background and for ever. Commands fail at once while there is no connection, and after
 * `commandTimeoutMs` when there is no answer: a caller that waits for Redis makes its own callers wait.
 *
 * Keys of one operation must share a hash tag (`gateway:limit:{subject}:read`): a cluster has no operation over two slots.
 */
export function openRedis(settings: RedisSettings, logger: Logger): RedisClient {
  const cluster = new Cluster(settings.nodes.map(toNode), {
    enableOfflineQueue: false,
    dnsLookup: passName,
    slotsRefreshTimeout: 3000,
    // Nodes that restart all at once are back within seconds: ask often, but not in a tight loop.
    clusterRetryStrategy: (attempt) => Math.min(100 + 100 * attempt, 1000),
    retryDelayOnFailover: 200,
    maxRedirections: 32,
    redisOptions: {
      ...(settings.username === undefined ? {} : { username: settings.username }),
      ...(settings.password === undefined ? {} : { password: settings.password }),
      connectTimeout: 2000,
      commandTimeout: settings.commandTimeoutMs,
      maxRetriesPerRequest: 1,
    },
  });
  logConnection(cluster, logger);
  return cluster;
}

/** Asks one node, chosen by the client. */
export function createRedisCheck(client: RedisClient, isRequired: boolean): Check {
  return {
    name: 'redis',
    isRequired,
    probe: async () => {
      await client.ping();
    },
  };
}

/** Ends the connections; commands that are still running are cut off. */
export async function closeRedis(client: RedisClient): Promise<void> {
  client.disconnect();
}

/**
 * Leaves names to the sockets. While the client itself looks names up before it connects anew, a connection of the time before may
 * end: ioredis 6.0.0 takes that for the end of the new attempt, gives it up, and makes no other for ever.
 */
function passName(name: string, answer: (error: null, address: string) => void): void {
  answer(null, name);
}

function toNode(address: string): { host: string; port: number } {
  const end = address.lastIndexOf(':');
  return { host: address.slice(0, end), port: Number(address.slice(end + 1)) };
}

/** One line per change, not one per attempt. */
function logConnection(cluster: Cluster, logger: Logger): void {
  let isLost = false;
  cluster.on('ready', () => {
    if (isLost) logger.info('redis is reachable again');
    isLost = false;
  });
  cluster.on('error', (err: unknown) => {
    if (!isLost) logger.warn({ err }, 'redis is not reachable');
    isLost = true;
  });
}
