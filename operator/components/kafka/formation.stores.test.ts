import test, { type ExecutionContext } from 'ava';
import { Partitioners } from 'kafkajs';
import type { EcommerceStackSpec } from '../../api/v1beta1/ecommerce-stack.ts';
import { aCompleteStack } from '../../testing/complete.ts';
import { KafkaStack } from './testing/kafka-stack.ts';
import { readAll } from './testing/writer.ts';

async function start(t: ExecutionContext, kafka: NonNullable<EcommerceStackSpec['kafka']>) {
  const stack = await KafkaStack.start(aCompleteStack({ kafka }));
  t.teardown(() => stack.close());
  return stack;
}

async function send(stack: KafkaStack, topic: string, values: readonly string[]) {
  const producer = stack.pods.client('order').producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: values.map((value) => ({ key: value, value })) });
  } finally {
    await producer.disconnect();
  }
}

test.serial('one node forms a cluster; topics follow the manifest; rights follow the declaration', async (t) => {
  const begun = performance.now();
  const stack = await start(t, { brokers: 1, topics: [{ name: 'audit', partitions: 2, retentionHours: 24 }] });
  const { readiness, report } = await stack.untilSettled();
  t.log(`ready after ${Math.round(performance.now() - begun)} ms: ${readiness.message}`);
  t.deepEqual([...new Set(stack.steps)], ['SetPasswords', 'ChangeTopics', 'ChangeRights']);
  t.is(report.identity, 'MkU3OEVBNTcwNTJENDM2Qg');
  t.regex(report.guarantee ?? '', /One copy/);

  const topics = [{ name: 'audit', partitions: 4, retentionHours: 48 }];
  const withThreads = (count: string) =>
    aCompleteStack({ kafka: { brokers: 1, topics, parameters: { 'num.io.threads': count } } });
  await stack.change(withThreads('3'));
  const refused = await stack.until((one) => one.readiness.state === 'failed' && one.plan === undefined);
  t.like(refused.readiness, { reason: 'InvalidParameters' });
  t.regex('message' in refused.readiness ? refused.readiness.message : '', /at least half the current value 8/);
  await stack.change(withThreads('5'));
  await stack.untilSettled();
  t.true(stack.steps.includes('SetOptions'));
  const admin = stack.pods.client('order').admin();
  await admin.connect();
  const [audit] = (await admin.fetchTopicMetadata({ topics: ['audit'] })).topics;
  await admin.disconnect();
  t.is(audit?.partitions.length, 4);

  await send(stack, 'shop.order.v1', ['1', '2', '3']);
  t.deepEqual((await readAll(stack.pods.client('search'), 'shop.order.v1', 'search.test', [1, 2, 3])).lost, []);
  await t.throwsAsync(send(stack, 'shop.user.v1', ['1']), { message: /[Aa]uthoriz/ });
  const stranger = stack.pods.client('order', 'wrong').admin({ retry: { retries: 0 } });
  await t.throwsAsync(stranger.connect(), { message: /authentication/i });

  await stack.change(aCompleteStack({ kafka: { brokers: 1, topics: [{ name: 'audit', state: 'Absent' }] } }));
  await stack.untilSettled();
  const later = stack.pods.client('order').admin();
  await later.connect();
  t.false((await later.listTopics()).includes('audit'));
  await later.disconnect();
});

test.serial('one node becomes three: votes, copies and events', async (t) => {
  const stack = await start(t, { brokers: 1 });
  await stack.untilSettled();
  await send(stack, 'shop.order.v1', ['1', '2', '3', '4', '5']);
  // Makes Kafka's own topic of offsets, which needs its copies as well.
  await readAll(stack.pods.client('search'), 'shop.order.v1', 'search.before', [1, 2, 3, 4, 5]);
  await stack.change(aCompleteStack({ kafka: { brokers: 3 } }));
  const { report } = await stack.untilSettled(120_000);
  t.is(stack.steps.filter((step) => step === 'AddVote').length, 2);
  t.true(stack.steps.includes('AddCopies'));
  t.regex(report.guarantee ?? '', /3 copies/);
  await stack.pods.stop(0, 'SIGKILL');
  const lost = await readAll(stack.pods.client('search'), 'shop.order.v1', 'search.after', [1, 2, 3, 4, 5]);
  t.deepEqual(lost.lost, []);

  await stack.change(aCompleteStack({ kafka: { brokers: 1 } }));
  const { report: after } = await stack.untilSettled();
  t.is(stack.pods.running.length, 3);
  t.is(after.warnings?.[0]?.reason, 'ScaleInRefused');
});
