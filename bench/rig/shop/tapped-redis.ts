import { Redis } from 'ioredis';
import type { Environment } from '#chassis/config/settings.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import type { RedisCluster } from '#lab/stores/redis.ts';
import { readRedis } from '../wire/redis.ts';
import { openTap, type Tap } from '../wire/tap.ts';

/** A Redis Cluster between whose nodes and clients somebody reads along. */
export interface TappedRedis extends AsyncDisposable {
  readonly taps: readonly Tap[];
  /** The variables that lead to it. */
  readonly environment: Environment;
}

/** Puts a tap before each node. A cluster tells its clients the addresses of its nodes: they become those of the taps. */
export async function tapRedis({ nodes, password }: RedisCluster): Promise<TappedRedis> {
  const taps = await Promise.all(nodes.map((node) => openTap(readRedis, node)));
  const clients = nodes.map(({ host, port }) => new Redis({ host, port, password }));
  try {
    await Promise.all(
      clients.map((client, index) => client.config('SET', 'cluster-announce-port', String(taps[index]?.port))),
    );
    const ports = new Set(taps.map(({ port }) => port));
    const tellsTaps = async (client: Redis) => (await portsIn(client)).every((port) => ports.has(port));
    await waitFor(
      'every node tells the addresses of the taps',
      async () => (await Promise.all(clients.map(tellsTaps))).every(Boolean),
      { timeoutMs: 30_000 },
    );
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    taps,
    environment: {
      APP_REDIS_NODES: taps.map(({ port }) => `127.0.0.1:${port}`).join(','),
      APP_REDIS_PASSWORD: password,
      // A busy machine is no outage.
      APP_REDIS_COMMAND_TIMEOUT_MS: '10000',
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(taps.map((tap) => tap[Symbol.asyncDispose]()));
    },
  };
}

async function portsIn(client: Redis): Promise<readonly number[]> {
  const slots = await client.cluster('SLOTS');
  return slots.flatMap(([, , ...nodes]) => nodes.map(([, port]) => port));
}
