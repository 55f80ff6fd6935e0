import test from 'ava';
import type { RecordMetadata, TopicMessages } from 'kafkajs';
import { Destinations, sendWhole } from './whole-batch.ts';

/** Two partitions; the keys below go to both. */
const partitionMetadata = [0, 1].map((partitionId) => ({
  partitionId,
  leader: partitionId,
  partitionErrorCode: 0,
  replicas: [0, 1],
  isr: [0, 1],
  offlineReplicas: [],
}));
const batch: readonly TopicMessages[] = [
  { topic: 'a', messages: Array.from({ length: 10 }, (_, index) => ({ key: String(index), value: `a${index}` })) },
  { topic: 'b', messages: [{ key: '0', value: 'b0' }] },
];

/** kafkajs as far as a batch sees it: places every message, and answers for the partitions that `isServed` accepts. */
function aProducer(isServed: (topic: string, partition: number, call: number) => boolean) {
  const destinations = new Destinations();
  const place = destinations.createPartitioner();
  const calls: string[][] = [];
  const stored: string[] = [];
  const sendBatch = async ({ topicMessages = [] }: { readonly topicMessages?: TopicMessages[] }) => {
    const answers = new Map<string, RecordMetadata>();
    calls.push(topicMessages.flatMap(({ messages }) => messages.map(({ value }) => String(value))));
    for (const { topic, messages } of topicMessages) {
      for (const message of messages) {
        const partition = place({ topic, partitionMetadata, message });
        if (isServed(topic, partition, calls.length)) {
          answers.set(`${topic}/${partition}`, { topicName: topic, partition, errorCode: 0 });
          stored.push(String(message.value));
        }
      }
    }
    return [...answers.values()];
  };
  return { producer: { sendBatch }, destinations, calls, stored };
}

const everything = batch.flatMap(({ messages }) => messages.map(({ value }) => String(value)));

test('a batch whose every partition is answered is sent once', async (t) => {
  const { producer, destinations, calls } = aProducer(() => true);
  await sendWhole(producer, destinations, batch);
  t.deepEqual(calls, [everything]);
});

test('what no answer tells of is sent again, alone and in its order, until it is stored', async (t) => {
  const { producer, destinations, calls, stored } = aProducer((topic, partition, call) =>
    call === 1 ? topic === 'a' && partition === 0 : call > 2 || topic === 'b',
  );
  await sendWhole(producer, destinations, batch);
  t.is(calls.length, 3);
  t.deepEqual(stored.toSorted(), everything.toSorted());
  const again = calls[2] ?? [];
  t.true(again.length > 0 && again.every((value) => value.startsWith('a')));
  t.deepEqual(again, again.toSorted());
});

test('a repetition that brings nothing is a failure, not an endless loop', async (t) => {
  const { producer, destinations, calls } = aProducer((_topic, partition) => partition === 0);
  await t.throwsAsync(sendWhole(producer, destinations, batch), { message: /acknowledged none of \d+ events/ });
  t.is(calls.length, 2);
});
