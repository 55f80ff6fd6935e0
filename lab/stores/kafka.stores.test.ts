import test from 'ava';
import { type Kafka, Partitioners } from 'kafkajs';
import { connectPatiently, openKafka, retryFor } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { type KafkaCluster, startKafka } from './kafka.ts';

/** Far longer than a killed broker leads, on any machine. */
const retry = retryFor(60_000);
const admin = { username: 'admin', password: 'admin-secret' };

test('a started cluster keeps acknowledged events over a killed broker, and lets nobody in without a login', async (t) => {
  const begun = performance.now();
  const cluster = await startKafka({ brokers: 3, admin });
  t.teardown(() => cluster.close());
  t.log(`ready in ${Math.round(performance.now() - begun)} ms`);
  const client = connect(cluster);
  const administrator = client.admin({ retry });
  await administrator.connect();
  await administrator.createTopics({ topics: [{ topic: 'events', numPartitions: 3, replicationFactor: 3 }] });
  t.is((await administrator.describeCluster()).clusterId, cluster.clusterId);
  await administrator.disconnect();

  const producer = client.producer({
    idempotent: true,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry,
  });
  await producer.connect();
  const send = (value: string) => producer.send({ topic: 'events', acks: -1, messages: [{ key: value, value }] });
  await Promise.all(['1', '2', '3'].map(send));
  await cluster.nodes[0]?.stop('kill');
  await send('4');
  await producer.disconnect();
  await cluster.nodes[0]?.start();
  t.deepEqual((await readValues(client, 4)).toSorted(), ['1', '2', '3', '4']);

  const stranger = connect(cluster, { username: 'admin', password: 'wrong' }).admin({ retry: { retries: 0 } });
  await t.throwsAsync(stranger.connect(), { message: /authentication/i });
});

/** A client as services have it. */
function connect(cluster: KafkaCluster, login = admin): Kafka {
  const settings = {
    bootstrapServers: cluster.bootstrapServers,
    saslMechanism: 'SCRAM-SHA-512' as const,
    ...login,
    tls: false,
    connectTimeoutMs: 1000,
    requestTimeoutMs: 30_000,
  };
  return openKafka(settings, { service: 'test', logger: silentLogger }).kafka;
}

async function readValues(client: Kafka, count: number): Promise<readonly string[]> {
  const consumer = client.consumer({ groupId: 'test', retry });
  const values: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  // As services do: a broker that has just started may close its first connections.
  const join = async () => {
    await consumer.connect();
    await consumer.subscribe({ topic: 'events', fromBeginning: true });
  };
  await connectPatiently(join, { what: 'consumer', logger: silentLogger, signal: new AbortController().signal });
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(message.value?.toString() ?? '');
      if (values.length >= count) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return values;
}
