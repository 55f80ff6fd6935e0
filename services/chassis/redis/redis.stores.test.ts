import test from 'ava';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { silentLogger } from '../logger.ts';
import { closeRedis, createRedisCheck, openRedis } from './redis.ts';

test('a client finds the cluster, fails fast while a node is away, and recovers by itself', async (t) => {
  const cluster = await startRedisCluster();
  t.teardown(() => cluster.close());
  const settings = { nodes: cluster.nodeList.split(','), password: cluster.password, commandTimeoutMs: 500 };
  const client = openRedis(settings, silentLogger);
  t.teardown(() => closeRedis(client));
  const check = createRedisCheck(client, true);
  await untilFine(() => check.probe());
  const keys = Array.from({ length: 30 }, (_, index) => `test:{${index}}`);
  await Promise.all(keys.map((key) => client.set(key, key)));

  await cluster.nodes[0]?.stop('kill');
  const begun = performance.now();
  const results = await Promise.allSettled(keys.map((key) => client.get(key)));
  t.true(performance.now() - begun < 3000);
  t.true(results.some((result) => result.status === 'rejected'));

  await cluster.nodes[0]?.start();
  await cluster.whenHealthy();
  await untilFine(() => Promise.all(keys.map((key) => client.get(key))));
});

test('a wrong password is no connection', async (t) => {
  const cluster = await startRedisCluster();
  t.teardown(() => cluster.close());
  const client = openRedis({ nodes: [cluster.nodeList], password: 'wrong', commandTimeoutMs: 300 }, silentLogger);
  t.teardown(() => closeRedis(client));
  await t.throwsAsync(createRedisCheck(client, true).probe());
});

async function untilFine(work: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
