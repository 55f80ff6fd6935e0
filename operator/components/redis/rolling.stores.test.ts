import test, { type ExecutionContext } from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { countKeys, countLost, startWriter, writeKeys } from './testing/data.ts';
import { RedisStack } from './testing/redis-stack.ts';

async function startFormed(t: ExecutionContext, shards: number, replicasPerShard: number) {
  const redis = await RedisStack.start(aCompleteStack({ redis: { shards, replicasPerShard } }));
  t.teardown(() => redis.close());
  await redis.untilSettled();
  redis.steps.length = 0;
  return redis;
}

test.serial('a new template restarts replicas first, and primaries only after a replica took over', async (t) => {
  const redis = await startFormed(t, 3, 1);
  const client = redis.pods.client();
  t.teardown(() => client.disconnect());
  await writeKeys(client, 500);
  const before = redis.pods.running.map(({ uid }) => uid);
  const writer = startWriter(client);
  const start = performance.now();
  redis.revision = 'revision-2';
  const blocked = new Set<string>();
  await redis.until(({ readiness, plan }) => {
    if (plan?.plan.kind === 'blocked') {
      blocked.add(plan.plan.blockedBy);
    }
    return readiness.state === 'ready' && plan === undefined;
  }, 100_000);
  const written = await writer.stop();
  t.log(
    `${Math.round(performance.now() - start)} ms, steps ${redis.steps.join(', ')}; blocked by ${[...blocked].join(', ')}`,
  );
  t.log(`worst gap ${Math.round(written.worstGapMs)} ms, ${written.failed} failed, ${written.acknowledged.size} keys`);
  const moves = redis.steps.filter((step) => step === 'RestartPod' || step === 'SwitchPrimary');
  t.deepEqual(moves, [
    ...['RestartPod', 'RestartPod', 'RestartPod'],
    ...['SwitchPrimary', 'RestartPod', 'SwitchPrimary', 'RestartPod', 'SwitchPrimary', 'RestartPod'],
  ]);
  t.true(redis.pods.running.every(({ uid, revision }) => revision === 'revision-2' && !before.includes(uid)));
  t.is(await countLost(client, written), 0);
  t.is(await countKeys(client, 500), 500);
});

test.serial('without replicas pods restart one by one, and their keys come back with them', async (t) => {
  const redis = await startFormed(t, 3, 0);
  const client = redis.pods.client();
  t.teardown(() => client.disconnect());
  await writeKeys(client, 500);
  redis.revision = 'revision-2';
  await redis.untilSettled();
  t.deepEqual(redis.steps, ['RestartPod', 'RestartPod', 'RestartPod']);
  const after = redis.pods.client();
  t.teardown(() => after.disconnect());
  t.is(await countKeys(after, 500), 500);
});

test.serial('options that differ are set without a restart', async (t) => {
  const redis = await startFormed(t, 3, 0);
  await redis.pods.admin(['CONFIG', 'SET', 'maxmemory', '1000000', 'appendfsync', 'no']);
  await redis.untilSettled();
  t.deepEqual(redis.steps, ['SetOptions']);
  const [reply] = await redis.pods.admin(['CONFIG', 'GET', 'appendfsync']);
  t.deepEqual(reply, ['appendfsync', 'everysec']);
});

test.serial('a new password of the services is accepted beside the old one', async (t) => {
  const redis = await startFormed(t, 3, 0);
  const old = redis.pods.client();
  t.teardown(() => old.disconnect());
  await writeKeys(old, 10);
  redis.pods.credentials['services-password'] = 'the-next-secret';
  await redis.untilSettled();
  t.deepEqual(redis.steps, ['SetOptions']);
  for (const password of ['services-secret', 'the-next-secret']) {
    const client = redis.pods.client(password);
    t.teardown(() => client.disconnect());
    t.is(await client.get('key-1'), 'value-1');
  }
});
