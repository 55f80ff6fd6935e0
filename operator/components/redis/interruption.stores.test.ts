import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { countKeys, writeKeys } from './testing/data.ts';
import { RedisStack } from './testing/redis-stack.ts';

// Milliseconds after which the operator dies, counted from the start of a step: from before its first command to
// somewhere in its waiting for the cluster's gossip.
for (const diesAfterMs of [0, 2, 4, 8, 15, 400]) {
  test.serial(`a formation that dies after ${diesAfterMs} ms is finished by the next operator`, async (t) => {
    const redis = await RedisStack.start(aCompleteStack({ redis: { shards: 3, replicasPerShard: 1 } }));
    t.teardown(() => redis.close());
    const passThatDies = () =>
      redis.pass(diesAfterMs).then(
        ({ plan }) => plan?.plan.kind === 'step',
        (error: unknown) => {
          t.log(String(error));
          return true;
        },
      );
    while (!(await passThatDies())) {
      // The servers are still starting: nothing was planned.
    }
    await passThatDies();
    const { readiness } = await redis.untilSettled();
    t.is(readiness.state, 'ready');
    const client = redis.pods.client();
    t.teardown(() => client.disconnect());
    await writeKeys(client, 200);
    t.is(await countKeys(client, 200), 200);
  });
}
