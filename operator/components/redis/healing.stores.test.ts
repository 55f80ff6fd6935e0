import test, { type ExecutionContext } from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { countKeys, countLost, startWriter, writeKeys } from './testing/data.ts';
import { RedisStack, reasonOf } from './testing/redis-stack.ts';

async function startFormed(t: ExecutionContext, shards: number, replicasPerShard: number) {
  const redis = await RedisStack.start(aCompleteStack({ redis: { shards, replicasPerShard } }));
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

const six = [0, 1, 2, 3, 4, 5];

test.serial('a cluster whose pods all got new addresses at once heals, and keeps its data', async (t) => {
  const redis = await startFormed(t, 3, 1);
  await writeKeys(connect(t, redis), 500);
  await redis.pods.whenWritten();
  await Promise.all(six.map((ordinal) => redis.pods.stop(ordinal, 'SIGKILL')));
  const start = performance.now();
  await redis.grow();
  await redis.untilSettled();
  t.log(`healed in ${Math.round(performance.now() - start)} ms by ${redis.steps.join(', ') || 'itself'}`);
  t.is(await countKeys(connect(t, redis), 500), 500);
});

test.serial('it heals as well when no name can be resolved: the operator introduces the nodes', async (t) => {
  const redis = await startFormed(t, 3, 1);
  await writeKeys(connect(t, redis), 500);
  await redis.pods.whenWritten();
  await Promise.all(six.map((ordinal) => redis.pods.stop(ordinal, 'SIGKILL')));
  redis.pods.isNameless = true;
  const start = performance.now();
  await redis.grow();
  await redis.untilSettled();
  t.log(`healed in ${Math.round(performance.now() - start)} ms by ${redis.steps.join(', ')}`);
  t.true(redis.steps.includes('MeetNodes'));
  redis.pods.isNameless = false;
  t.is(await countKeys(connect(t, redis), 500), 500);
});

test.serial('a replica takes over from a killed primary, which comes back as a replica', async (t) => {
  const redis = await startFormed(t, 3, 1);
  const client = connect(t, redis);
  await writeKeys(client, 500);
  await redis.pods.whenReplicated();
  const writer = startWriter(client);
  await redis.pods.stop(0, 'SIGKILL');
  const lost = await redis.pass();
  t.not(lost.readiness.state, 'ready');
  await redis.pods.start(0);
  await redis.untilSettled();
  const written = await writer.stop();
  t.log(`worst gap ${Math.round(written.worstGapMs)} ms, ${written.failed} failed of ${written.acknowledged.size}`);
  t.is(await countKeys(connect(t, redis), 500), 500);
  t.is(await countLost(client, written), 0);
});

test.serial(
  'a primary without its volume joins empty, follows its successor, and its old id is forgotten',
  async (t) => {
    const redis = await startFormed(t, 3, 1);
    await writeKeys(connect(t, redis), 500);
    await redis.pods.whenReplicated();
    await redis.pods.stop(1, 'SIGKILL');
    await redis.pods.wipe(1);
    await redis.pods.start(1);
    await redis.until(() => redis.steps.includes('ForgetNodes'), 90_000);
    const { readiness } = await redis.untilSettled();
    t.is(reasonOf(readiness), 'ready');
    t.true(redis.steps.includes('AttachReplicas'));
    t.is(await countKeys(connect(t, redis), 500), 500);
  },
);

test.serial('the majority of primaries without their volumes: replicas take over by decision', async (t) => {
  const redis = await startFormed(t, 3, 1);
  await writeKeys(connect(t, redis), 500);
  await redis.pods.whenReplicated();
  await Promise.all([0, 1].map((ordinal) => redis.pods.stop(ordinal, 'SIGKILL')));
  await Promise.all([0, 1].map((ordinal) => redis.pods.wipe(ordinal)));
  await redis.grow();
  await redis.until(() => redis.steps.includes('TakeOver'), 60_000);
  await redis.untilSettled(90_000);
  t.is(await countKeys(connect(t, redis), 500), 500);
});

test.serial('a shard that lost its only volume stops everything until a person accepts the loss', async (t) => {
  const redis = await startFormed(t, 3, 0);
  const client = connect(t, redis);
  await writeKeys(client, 300);
  await redis.pods.stop(2, 'SIGKILL');
  await redis.pods.wipe(2);
  await redis.pods.start(2);
  const { readiness, plan } = await redis.until((seen) => reasonOf(seen.readiness) === 'ShardLost');
  t.like(readiness, { state: 'failed', terminal: true });
  t.is(plan, undefined);
  t.regex(readiness.message, /cluster forget [0-9a-f]{40}/);
  const lostId = /cluster forget ([0-9a-f]{40})/.exec(readiness.message)?.[1] ?? '';
  await redis.pods.admin(['CLUSTER', 'FORGET', lostId]);
  await redis.untilSettled();
  const kept = await countKeys(connect(t, redis), 300);
  t.log(`${kept} of 300 keys are left`);
  t.true(kept > 150 && kept < 250);
});

test.serial('a node that hangs is reported within the time of one conversation', async (t) => {
  const redis = await startFormed(t, 3, 0);
  redis.pods.freeze(1);
  const start = performance.now();
  const { readiness, plan } = await redis.pass();
  t.true(performance.now() - start < 3500);
  redis.pods.thaw(1);
  t.is(reasonOf(readiness), 'NodeUnreachable');
  t.is(plan, undefined);
});
