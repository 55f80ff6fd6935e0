import test from 'ava';
import { Cluster, Redis } from 'ioredis';
import { type RedisCluster, startRedisCluster } from './redis.ts';

test('a started cluster serves keys of every slot and comes back after a node was stopped', async (t) => {
  const begun = performance.now();
  const cluster = await startRedisCluster();
  t.teardown(() => cluster.close());
  t.log(`ready in ${Math.round(performance.now() - begun)} ms`);
  const client = connect(cluster);
  t.teardown(() => client.disconnect());

  const keys = Array.from({ length: 50 }, (_, index) => `key:${index}`);
  await Promise.all(keys.map((key) => client.set(key, 'value')));
  t.true((await Promise.all(keys.map((key) => client.get(key)))).every((value) => value === 'value'));

  await cluster.nodes[1]?.stop();
  await cluster.nodes[1]?.start();
  await cluster.whenHealthy();
  await t.notThrowsAsync(client.set('after', 'restart'));
});

test('replicas follow their primaries', async (t) => {
  const cluster = await startRedisCluster({ replicasPerPrimary: 1 });
  t.teardown(() => cluster.close());
  const client = connect(cluster);
  t.teardown(() => client.disconnect());
  await client.set('key', 'value');
  const roles = await Promise.all(cluster.nodes.map((node) => roleOf(node.port, cluster.password)));
  t.is(roles.filter((role) => role.includes('role:slave') && role.includes('master_link_status:up')).length, 3);
});

async function roleOf(port: number, password: string): Promise<string> {
  const client = new Redis({ port, password });
  return client.info('replication').finally(() => client.disconnect());
}

function connect(cluster: RedisCluster): Cluster {
  return new Cluster(
    cluster.nodes.map(({ host, port }) => ({ host, port })),
    { redisOptions: { password: cluster.password }, clusterRetryStrategy: () => 200 },
  );
}
