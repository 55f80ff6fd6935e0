import test, { type ExecutionContext } from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { countKeys, writeKeys } from './testing/data.ts';
import { RedisStack, reasonOf } from './testing/redis-stack.ts';

const threeByOne = { redis: { shards: 3, replicasPerShard: 1 } };
const threeAlone = { redis: { shards: 3, replicasPerShard: 0 } };

async function startStack(t: ExecutionContext, spec: Parameters<typeof aCompleteStack>[0]): Promise<RedisStack> {
  const redis = await RedisStack.start(aCompleteStack(spec));
  t.teardown(() => redis.close());
  return redis;
}

function connect(t: ExecutionContext, redis: RedisStack) {
  const client = redis.pods.client();
  t.teardown(() => client.disconnect());
  return client;
}

test.serial('six empty nodes become a cluster of three shards with a replica each', async (t) => {
  const redis = await startStack(t, threeByOne);
  const start = performance.now();
  const settled = await redis.untilSettled();
  t.log(`formed in ${Math.round(performance.now() - start)} ms`);
  t.deepEqual(redis.steps, ['CreateCluster', 'AttachReplicas']);
  t.regex(settled.report.version ?? '', /^\d+\.\d+\.\d+$/);
  t.truthy(redis.identity);
  const client = connect(t, redis);
  await writeKeys(client, 1000);
  t.is(await countKeys(client, 1000), 1000);
});

test.serial('replicas are on other machines than their primaries', async (t) => {
  // The test's pods are on machine-0, -1 and -2, two on each.
  const redis = await startStack(t, threeByOne);
  const { report } = await redis.untilSettled();
  t.is(report.warnings, undefined);
});

test.serial('nobody gets in without a name and a password, and the services cannot reshape the cluster', async (t) => {
  const redis = await startStack(t, threeAlone);
  await redis.untilSettled();
  const client = connect(t, redis);
  await client.get('any');
  const [node] = client.nodes('master');
  await t.throwsAsync(async () => node?.call('CLUSTER', 'RESET'), { message: /NOPERM/ });
  await t.throwsAsync(async () => node?.call('FUNCTION', 'FLUSH'), { message: /NOPERM/ });
  await t.throwsAsync(async () => node?.call('FLUSHALL'), { message: /NOPERM/ });
  await t.throwsAsync(async () => node?.call('AUTH', 'default', ''), { message: /WRONGPASS/ });
});

test.serial('the probes tell a node without slots, a working one and one that lost its cluster apart', async (t) => {
  const redis = await startStack(t, threeAlone);
  await redis.until(({ plan }) => plan?.action === 'FormCluster');
  t.regex(await redis.pods.runScript(0, 'alive.sh'), /exit 0$/);
  await redis.untilSettled();
  t.regex(await redis.pods.runScript(0, 'ready.sh'), /exit 0$/);
  await Promise.all([redis.pods.stop(1, 'SIGKILL'), redis.pods.stop(2, 'SIGKILL')]);
  await redis.until(({ readiness }) => reasonOf(readiness) === 'PodsPending');
  let answer = '';
  const end = performance.now() + 15_000;
  while (!answer.endsWith('exit 1') && performance.now() < end) {
    answer = await redis.pods.runScript(0, 'ready.sh');
  }
  t.regex(answer, /cluster_state:fail[\s\S]*exit 1$/);
  await redis.pods.stop(0);
});

test.serial('volumes that all came back empty stop everything', async (t) => {
  const redis = await startStack(t, threeAlone);
  await redis.untilSettled();
  const steps = redis.steps.length;
  await Promise.all([0, 1, 2].map((ordinal) => redis.pods.stop(ordinal)));
  await Promise.all([0, 1, 2].map((ordinal) => redis.pods.wipe(ordinal)));
  await redis.grow();
  const { readiness, plan } = await redis.until((seen) => seen.readiness.state === 'failed');
  t.like(readiness, { reason: 'DataMissing', terminal: true });
  t.is(plan, undefined);
  t.is(redis.steps.length, steps);
});

test.serial('volumes of another cluster stop everything', async (t) => {
  const redis = await startStack(t, threeAlone);
  await redis.untilSettled();
  redis.identity = 'another-one';
  const { readiness, plan } = await redis.pass();
  t.like(readiness, { reason: 'IdentityMismatch', terminal: true });
  t.is(plan, undefined);
});
