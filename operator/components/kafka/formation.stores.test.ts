import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { KafkaStack } from './testing/kafka-stack.ts';

test('three nodes form a cluster with users, topics and rights, and a second look plans nothing', async (t) => {
  const begun = performance.now();
  const stack = await KafkaStack.start(aCompleteStack({ kafka: { brokers: 3 } }));
  t.teardown(() => stack.close());
  const { readiness, report } = await stack.untilSettled();
  t.log(`ready after ${Math.round(performance.now() - begun)} ms: ${readiness.message}`, stack.steps);
  t.deepEqual(stack.steps, ['SetPasswords', 'ChangeTopics', 'ChangeRights']);
  t.is(report.identity, 'MkU3OEVBNTcwNTJENDM2Qg');
  t.regex(report.guarantee ?? '', /3 copies/);
});
