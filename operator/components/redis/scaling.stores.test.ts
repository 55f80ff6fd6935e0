import test, { type ExecutionContext } from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { countKeys, countLost, startWriter, writeKeys } from './testing/data.ts';
import { RedisStack } from './testing/redis-stack.ts';

const shape = (shards: number, replicasPerShard: number) => aCompleteStack({ redis: { shards, replicasPerShard } });

async function startFormed(t: ExecutionContext, shards: number, replicasPerShard: number) {
  const redis = await RedisStack.start(shape(shards, replicasPerShard));
  t.teardown(() => redis.close());
  await redis.untilSettled();
  redis.steps.length = 0;
  return redis;
}

function connect(t: ExecutionContext, redis: RedisStack) {
  const client = redis.pods.client();
  t.teardown(() => client.disconnect());
  return client;
}

test.serial('another shard takes its share of the slots while clients write', async (t) => {
  const redis = await startFormed(t, 3, 0);
  const client = connect(t, redis);
  await writeKeys(client, 3000);
  const writer = startWriter(client);
  const start = performance.now();
  await redis.change(shape(4, 0));
  await redis.untilSettled();
  const written = await writer.stop();
  t.log(`${Math.round(performance.now() - start)} ms, steps ${redis.steps.join(', ')}`);
  t.log(`worst gap ${Math.round(written.worstGapMs)} ms, ${written.failed} failed, ${written.acknowledged.size} keys`);
  t.is(written.failed, 0);
  t.is(await countKeys(client, 3000), 3000);
  t.is(await countLost(client, written), 0);
});

test.serial('fewer shards: slots leave first, then the nodes, then the pods', async (t) => {
  const redis = await startFormed(t, 4, 1);
  const client = connect(t, redis);
  await writeKeys(client, 3000);
  const writer = startWriter(client);
  const start = performance.now();
  await redis.change(shape(3, 1));
  await redis.untilSettled();
  const written = await writer.stop();
  t.log(`${Math.round(performance.now() - start)} ms, steps ${redis.steps.join(', ')}`);
  t.log(`worst gap ${Math.round(written.worstGapMs)} ms, ${written.failed} failed, ${written.acknowledged.size} keys`);
  t.is(redis.pods.running.length, 6);
  t.is(redis.pods.volumes.length, 8);
  t.true(redis.steps.indexOf('MoveSlots') < redis.steps.indexOf('DetachNodes'));
  t.is(redis.steps.at(-1), 'RemovePods');
  const after = connect(t, redis);
  t.is(await countKeys(after, 3000), 3000);
  t.is(await countLost(after, written), 0);
});

test.serial('a rebalance that dies in the middle goes on, and no key is lost', async (t) => {
  const redis = await startFormed(t, 3, 0);
  const client = connect(t, redis);
  await writeKeys(client, 3000);
  await redis.change(shape(4, 0));
  let deaths = 0;
  await redis.until(({ plan }) => plan?.plan.kind === 'step' && plan.plan.step.name === 'MoveSlots');
  for (const diesAfterMs of [3, 10, 25, 60, 120, 200]) {
    await redis.pass(diesAfterMs).catch(() => {
      deaths += 1;
    });
  }
  await redis.untilSettled();
  t.log(`${deaths} deaths, steps ${redis.steps.join(', ')}`);
  t.true(deaths > 0);
  t.true(redis.steps.includes('MendSlots'));
  t.is(await countKeys(client, 3000), 3000);
});

test.serial('replicas come and go', async (t) => {
  const redis = await startFormed(t, 3, 0);
  await writeKeys(connect(t, redis), 300);
  await redis.change(shape(3, 1));
  const more = await redis.untilSettled();
  t.regex(more.readiness.message, /1 replicas each/);
  await redis.change(shape(3, 0));
  await redis.untilSettled();
  t.is(redis.pods.running.length, 3);
  t.is(await countKeys(connect(t, redis), 300), 300);
  await redis.change(shape(3, 1));
  await redis.untilSettled();
  t.is(redis.pods.running.length, 6);
});

test.serial('a primary on a pod that is to go hands over to a replica that stays', async (t) => {
  const redis = await startFormed(t, 3, 1);
  await writeKeys(connect(t, redis), 300);
  await redis.pods.whenWritten();
  // Makes the replicas (ordinals 3 to 5) primaries.
  for (const ordinal of [0, 1, 2]) {
    await redis.pods.stop(ordinal, 'SIGKILL');
    await redis.pods.whenThreePrimaries();
    await redis.grow();
    await redis.untilSettled();
  }
  redis.steps.length = 0;
  await redis.change(shape(3, 0));
  await redis.untilSettled();
  t.log(redis.steps.join(', '));
  t.is(redis.steps.filter((step) => step === 'SwitchPrimary').length, 3);
  t.is(await countKeys(connect(t, redis), 300), 300);
});

test.serial('pods that never started do not keep a scale-out from being taken back', async (t) => {
  const redis = await startFormed(t, 3, 0);
  redis.stack = shape(4, 0);
  redis.replicas = 4;
  await redis.pass();
  redis.stack = shape(3, 0);
  await redis.untilSettled();
  t.deepEqual(redis.steps, ['RemovePods']);
  t.is(redis.replicas, 3);
});
