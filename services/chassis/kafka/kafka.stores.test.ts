import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { ISocketFactoryArgs } from 'kafkajs';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { createKafkaCheck, openKafka } from './client.ts';
import { createConsumer } from './consumer.ts';
import type { IncomingEvent } from './incoming-event.ts';
import { openProducer } from './producer.ts';

const login = { username: 'shop', password: 'shop-secret' };
const topic = 'events';

async function start(
  t: ExecutionContext,
  {
    brokers = 1,
    partitions = 2,
    sendTimeoutMs = 20_000,
  }: { brokers?: 1 | 3; partitions?: number; sendTimeoutMs?: number } = {},
) {
  const cluster = await startKafka({ brokers, admin: login });
  t.teardown(() => cluster.close());
  const settings = {
    bootstrapServers: cluster.bootstrapServers,
    saslMechanism: 'SCRAM-SHA-512' as const,
    ...login,
    tls: false,
    connectTimeoutMs: 1000,
    requestTimeoutMs: 5000,
  };
  const sockets = new Set<Socket>();
  const socketFactory = ({ host, port, onConnect }: ISocketFactoryArgs) => {
    const socket = connect({ host, port }, onConnect);
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  };
  const client = openKafka(settings, { service: 'test', logger: silentLogger, socketFactory });
  const admin = client.kafka.admin();
  await admin.connect();
  const topics = [topic, `${topic}.dlq`].map((name) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor: brokers,
  }));
  await admin.createTopics({ topics, waitForLeaders: true });
  const { topics: described } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  const metrics = createMetrics('test', 'test');
  const producer = openProducer(client, { batchMaxEvents: 100, sendTimeoutMs }, metrics);
  return { cluster, client, metrics, producer, sockets, leader: described[0]?.partitions[0]?.leader ?? 0 };
}

/** Collects events, and lets a test wait for a number of them. */
function collector() {
  const events: IncomingEvent[] = [];
  let wanted = 0;
  let done = Promise.withResolvers<void>();
  return {
    events,
    take: (event: IncomingEvent) => {
      events.push(event);
      if (events.length >= wanted) done.resolve();
      return 'handled' as const;
    },
    has: async (count: number) => {
      wanted = count;
      done = Promise.withResolvers<void>();
      if (events.length < count) await done.promise;
    },
  };
}

test.serial('events go in groups and arrive; a failing one is tried again, then buried with its reason', async (t) => {
  const { client, metrics, producer } = await start(t);
  const handled = collector();
  const dead = collector();
  let attempts = 0;
  const settings = { maxAttempts: 3, retryDelayMs: 10 };
  const tools = { client, producer, settings, metrics };
  const consumer = createConsumer(
    {
      group: 'test.events',
      topics: [topic],
      retriesOf: () => [],
      isHandled: async ({ id }) => id === 'twice' && handled.events.some((event) => event.id === id),
      handle: async (event) => {
        if (event.value === 'poison') {
          attempts += 1;
          throw new Error('cannot be read');
        }
        return handled.take(event);
      },
    },
    tools,
  );
  const undertaker = createConsumer(
    { group: 'test.dead', topics: [`${topic}.dlq`], retriesOf: () => [], handle: async (event) => dead.take(event) },
    tools,
  );
  await consumer.start();
  await undertaker.start();
  const values = Array.from({ length: 300 }, (_, index) => String(index));
  await Promise.all(values.map((value) => producer.send({ topic, key: value, value })));
  await producer.send({ topic, key: 'p', value: 'poison', headers: { ce_id: 'bad' } });
  await producer.send({ topic, key: 'p', value: 'again', headers: { ce_id: 'twice' } });
  await producer.send({ topic, key: 'p', value: 'again', headers: { ce_id: 'twice' } });
  await producer.send({ topic, key: 'p', value: 'last' });
  await handled.has(302);
  await dead.has(1);
  t.deepEqual(handled.events.map(({ value }) => value).toSorted(), [...values, 'again', 'last'].toSorted());
  t.is(handled.events.filter(({ id }) => id === 'twice').length, 1);
  t.is(attempts, 3);
  t.like(dead.events[0], { value: 'poison', id: 'bad' });
  t.like(dead.events[0]?.headers, { 'x-error': 'cannot be read', 'x-attempts': '3', 'x-original-topic': topic });
  const text = await metrics.registry.metrics();
  t.regex(text, /kafka_events_produced_total\{topic="events",service="test"\} 304/);
  const requests = Number(/kafka_produce_duration_seconds_count\{service="test"\} (\d+)/.exec(text)?.[1]);
  t.true(requests < 20, `${requests} requests for 305 events`);
  await consumer.stop();
  await undertaker.stop();
  await producer.close();
});

test.serial('how far a consumer is behind is told while it works, and 0 when it has caught up', async (t) => {
  const { client, metrics, producer } = await start(t, { partitions: 1 });
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => producer.send({ topic, key: null, value: String(index) })),
  );
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const handle = async ({ offset }: IncomingEvent) => {
    if (offset === '3') {
      reached.resolve();
      await gate.promise;
    }
    return 'handled' as const;
  };
  const consumer = createConsumer(
    { group: 'test.lag', topics: [topic], retriesOf: () => [], handle },
    { client, producer, metrics, settings: { maxAttempts: 3, retryDelayMs: 10 } },
  );
  t.teardown(async () => {
    gate.resolve();
    await consumer.stop();
    await producer.close();
  });
  await consumer.start();
  await reached.promise;
  const lags = async () => (await metrics.registry.getSingleMetric('kafka_consumer_lag_events')?.get())?.values ?? [];
  t.deepEqual(await lags(), [{ labels: { group: 'test.lag', topic, partition: 0 }, value: 7 }]);
  gate.resolve();
  await waitFor('it has caught up', async () => (await lags())[0]?.value === 0, { timeoutMs: 60_000 });
});

test.serial('several partitions are handled at the same time where asked for, each of them in order', async (t) => {
  const { client, metrics, producer } = await start(t, { partitions: 3 });
  const keys = Array.from({ length: 30 }, (_, index) => String(index));
  for (const value of ['first', 'second'])
    await Promise.all(keys.map((key) => producer.send({ topic, key, value: `${value} ${key}` })));
  const handled = collector();
  const met = Promise.withResolvers<void>();
  const partitions = new Set<number>();
  const handle = async (event: IncomingEvent) => {
    partitions.add(event.partition);
    if (partitions.size === 3) met.resolve();
    // With one after the other the first event of the first partition would wait for ever.
    await met.promise;
    return handled.take(event);
  };
  const consumer = createConsumer(
    { group: 'test.together', topics: [topic], retriesOf: () => [], partitionsAtOnce: 3, handle },
    { client, producer, metrics, settings: { maxAttempts: 3, retryDelayMs: 10 } },
  );
  t.teardown(async () => {
    met.resolve();
    await consumer.stop();
    await producer.close();
  });
  await consumer.start();
  await handled.has(2 * keys.length);
  for (const events of Map.groupBy(handled.events, ({ partition }) => partition).values()) {
    const offsets = events.map(({ offset }) => Number(offset));
    t.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    );
  }
});

/** A consumer that has handled a first event. */
async function startHandling(tools: Pick<Awaited<ReturnType<typeof start>>, 'client' | 'metrics' | 'producer'>) {
  const handled = collector();
  const consumer = createConsumer(
    { group: 'test.events', topics: [topic], retriesOf: () => [], handle: async (event) => handled.take(event) },
    { ...tools, settings: { maxAttempts: 3, retryDelayMs: 10 } },
  );
  await consumer.start();
  await tools.producer.send({ topic, key: '1', value: 'before' });
  await handled.has(1);
  return { handled, consumer };
}

test.serial('a producer and a consumer outlive the broker; its health is told', async (t) => {
  const { cluster, client, metrics, producer } = await start(t);
  const check = createKafkaCheck(client);
  t.teardown(() => check.close());
  await check.probe();
  const { handled, consumer } = await startHandling({ client, metrics, producer });
  await cluster.nodes[0]?.stop('kill');
  await t.throwsAsync(check.probe());
  const waiting = producer.send({ topic, key: '1', value: 'meanwhile' }).catch(() => undefined);
  await cluster.nodes[0]?.start();
  await waiting;
  await sendUntilStored(() => producer.send({ topic, key: '1', value: 'after' }));
  await handled.has(2);
  while (!handled.events.some(({ value }) => value === 'after')) {
    await handled.has(handled.events.length + 1);
  }
  await check.probe();
  await consumer.stop();
  await producer.close();
  t.pass();
});

test.serial('one send lasts over the session of a killed leader, and so does a consumer', async (t) => {
  // Any machine gets there in this time; what is asked is that the client does not give up before.
  const { cluster, client, metrics, producer, leader } = await start(t, {
    brokers: 3,
    partitions: 1,
    sendTimeoutMs: 60_000,
  });
  const { handled, consumer } = await startHandling({ client, metrics, producer });
  await cluster.nodes[leader]?.stop('kill');
  const begun = performance.now();
  await producer.send({ topic, key: '1', value: 'meanwhile' });
  t.log(`stored ${Math.round(performance.now() - begun)} ms after the kill`);
  await handled.has(2);
  t.deepEqual(
    handled.events.map(({ value }) => value),
    ['before', 'meanwhile'],
  );
  t.notRegex(await metrics.registry.metrics(), /kafka_produce_failures_total\{[^}]*\} [1-9]/);
  await consumer.stop();
  await producer.close();
});

test.serial(
  'events of one group are all stored when a partition has just moved to the leader of another',
  async (t) => {
    const { client, producer } = await start(t, { brokers: 3 });
    const send = (values: readonly string[]) =>
      Promise.all(values.map((value) => producer.send({ topic, key: value, value })));
    const values = (name: string) => Array.from({ length: 20 }, (_, index) => `${name} ${index}`);
    await send(values('before'));

    const admin = client.kafka.admin();
    await admin.connect();
    t.teardown(() => admin.disconnect());
    const leaders = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader) ?? [];
    };
    const [staying, leaving] = await leaders();
    t.not(staying, leaving);
    const replicas = [0, 1, 2].filter((id) => id !== leaving).toSorted((a) => (a === staying ? -1 : 1));
    await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment: [{ partition: 1, replicas }] }] });
    const hasMoved = async () => (await leaders()).every((leader) => leader === staying);
    await waitFor('the second partition has moved', hasMoved, { timeoutMs: 30_000, intervalMs: 100 });

    // The producer does not know yet: one of two brokers takes its part of the group, the other refuses its own.
    await send(values('after'));
    const stored = new Set<string>();
    const consumer = client.kafka.consumer({ groupId: 'test.moved' });
    t.teardown(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void stored.add(message.value?.toString() ?? '') });
    const ends = async () => {
      const offsets = await admin.fetchTopicOffsets(topic);
      const read = await admin.fetchOffsets({ groupId: 'test.moved', topics: [topic] });
      const readTo = new Map(read[0]?.partitions.map(({ partition, offset }) => [partition, offset]));
      return offsets.every(({ partition, high }) => readTo.get(partition) === high);
    };
    await waitFor('everything is read', ends, { timeoutMs: 60_000, intervalMs: 500 });
    const lost = [...values('before'), ...values('after')].filter((value) => !stored.has(value));
    t.deepEqual(lost, [], 'acknowledged and not stored');
    await producer.close();
  },
);

test.serial('what was given up without a connection is not sent later, and leaves none open', async (t) => {
  const { cluster, client, metrics, producer, sockets } = await start(t);
  await producer.close();
  await cluster.nodes[0]?.stop('kill');
  const impatient = openProducer(client, { batchMaxEvents: 100, sendTimeoutMs: 300 }, metrics);
  for (const value of ['1', '2', '3'])
    await t.throwsAsync(impatient.send({ topic, key: '1', value }), { message: /within 300 ms/ });
  await cluster.nodes[0]?.start();
  await sendUntilStored(() => impatient.send({ topic, key: '1', value: 'after' }));
  await impatient.close();
  await waitFor('every connection is closed', async () => sockets.size === 0, { timeoutMs: 30_000 });

  const admin = client.kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const handled = collector();
  const consumer = createConsumer(
    { group: 'test.events', topics: [topic], retriesOf: () => [], handle: async (event) => handled.take(event) },
    { client, producer: impatient, settings: { maxAttempts: 3, retryDelayMs: 10 }, metrics },
  );
  await consumer.start();
  await handled.has(offsets.reduce((sum, { high }) => sum + Number(high), 0));
  await consumer.stop();
  // A send that was begun and given up may be there more than once.
  t.deepEqual([...new Set(handled.events.map(({ value }) => value))], ['after']);
});

async function sendUntilStored(send: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await send();
      return;
    } catch {
      // The broker is loading; whoever has an outbox does just this.
    }
  }
}
