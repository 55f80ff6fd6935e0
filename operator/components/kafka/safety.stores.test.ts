import test, { type ExecutionContext } from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import { KafkaStack } from './testing/kafka-stack.ts';
import { LimitedVolume } from './testing/limited-volume.ts';
import { EventWriter, readAll } from './testing/writer.ts';

const topic = 'shop.order.v1';

async function start(t: ExecutionContext, brokers: number) {
  const stack = await KafkaStack.start(aCompleteStack({ kafka: { brokers } }));
  t.teardown(() => stack.close());
  await stack.untilSettled();
  stack.steps.length = 0;
  return stack;
}

test.serial('a killed broker, a killed controller and a roll lose no acknowledged event', async (t) => {
  const stack = await start(t, 3);
  const writer = await EventWriter.start(stack.pods.client('order'), topic);
  t.teardown(() => writer.stop());
  const leader = await stack.activeController();
  const follower = [0, 1, 2].find((ordinal) => ordinal !== leader) ?? 0;
  for (const ordinal of [follower, leader]) {
    await stack.pods.stop(ordinal, 'SIGKILL');
    const { readiness } = await stack.pass();
    t.not(readiness.state, 'ready');
    await stack.untilSettled();
  }
  t.deepEqual(stack.steps, []);

  stack.revision = 'revision-2';
  const last = await stack.until(() => stack.pods.running.every(({ revision }) => revision === 'revision-2'));
  t.truthy(last);
  await stack.untilSettled();
  const written = await writer.stop();
  const restarts = stack.steps.filter((step) => step.startsWith('RestartPod'));
  t.is(restarts.length, 3);
  t.is(restarts.at(-1), stack.restartedLeader, 'the active controller goes last');
  const { lost, repeated } = await readAll(stack.pods.client('search'), topic, 'search.test', written.acknowledged);
  t.log(
    `${written.acknowledged.length} acknowledged of ${written.attempts} attempts, longest gap ${written.longestGapMs} ms, ${repeated} repeated`,
  );
  t.true(written.acknowledged.length > 0);
  t.deepEqual(lost, []);
});

test.serial('a node that lost its volume is taken in again with a new vote', async (t) => {
  const stack = await start(t, 3);
  await stack.pods.stop(1, 'SIGKILL');
  await stack.pods.wipe(1);
  await stack.untilSettled(120_000);
  t.deepEqual(
    stack.steps.filter((step) => step.endsWith('Vote')),
    ['RemoveVote', 'AddVote'],
  );
});

test.serial(
  'a single node without its volume, and a volume of another cluster, are for a person to decide',
  async (t) => {
    const stack = await start(t, 1);
    await stack.pods.stop(0);
    const original = stack.pods.takeVolume(0);
    const lost = await stack.until(({ readiness }) => readiness.state === 'failed');
    t.like(lost.readiness, { reason: 'DataMissing', terminal: true });
    t.regex(lost.readiness.message, /kafka-credentials/);

    await stack.pods.stop(0);
    stack.pods.giveVolume(0, original);
    await stack.pods.forge(0, 'AAAAAAAAAAAAAAAAAAAAAA');
    const foreign = await stack.until(
      ({ readiness }) => readiness.state === 'failed' && readiness.reason === 'IdentityMismatch',
    );
    t.regex(foreign.readiness.message, /AAAAAAAAAAAAAAAAAAAAAA/);
    t.deepEqual(stack.steps, []);
  },
);

const serialAsRoot = process.getuid?.() === 0 ? test.serial : test.serial.skip;

serialAsRoot('a broker whose volume is full says so, and works on when the volume has grown', async (t) => {
  const stack = await start(t, 1);
  const writer = await EventWriter.start(stack.pods.client('order'), topic);
  t.teardown(() => writer.stop());
  await waitFor('some events', async () => writer.count > 20, { timeoutMs: 60_000 });

  await stack.pods.stop(0);
  const volume = await LimitedVolume.from(stack.pods.takeVolume(0), '96m');
  t.teardown(() => volume[Symbol.asyncDispose]());
  stack.pods.giveVolume(0, volume.folder);
  await volume.fill();
  const full = await stack.until(({ readiness }) => readiness.state === 'failed');
  t.like(full.readiness, { reason: 'DiskFull', terminal: false });
  t.regex(full.readiness.message, /shop-kafka-0 is full.*spec\.kafka\.storage\.size/);
  t.deepEqual(stack.steps, []);

  await volume.grow('256m');
  await stack.untilSettled();
  const { acknowledged } = await writer.stop();
  const { lost } = await readAll(stack.pods.client('search'), topic, 'search.test', acknowledged);
  t.deepEqual(lost, []);
});
