import type { Admin } from 'kafkajs';
import type { Environment } from '#chassis/config/settings.ts';
import { type KafkaClient, openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { readKafka } from '../wire/kafka.ts';
import { openTap, type Tap } from '../wire/tap.ts';

/** A broker between which and its clients somebody reads along. */
export interface TappedKafka extends AsyncDisposable {
  readonly tap: Tap;
  /** The variables that lead to it, through the tap. */
  readonly environment: Environment;
  /** Through the tap as well: brokers tell every client where they are. */
  readonly client: KafkaClient;
  /** Resolves when each partition has a leader. */
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  /** Events in a topic so far. */
  count(topic: string): Promise<number>;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
}

/** Starts a broker that tells its clients the address of the tap. */
export async function startTappedKafka(): Promise<TappedKafka> {
  await using stack = new AsyncDisposableStack();
  const tap = stack.use(await openTap(readKafka));
  const settings = { 'advertised.listeners': `CLIENT://127.0.0.1:${tap.port}` };
  const cluster = stack.adopt(await startKafka({ settings }), ({ close }) => close());
  tap.lead({ port: cluster.nodes[0]?.port ?? 0 });
  const bootstrapServers = [`127.0.0.1:${tap.port}`];
  const connection = { bootstrapServers, tls: false, connectTimeoutMs: 2000, requestTimeoutMs: 30_000 };
  const client = openKafka(connection, { service: 'bench', logger: silentLogger });
  const admin = client.kafka.admin();
  await admin.connect();
  stack.defer(() => admin.disconnect());
  const owned = stack.move();
  return {
    tap,
    environment: { APP_KAFKA_BOOTSTRAP_SERVERS: bootstrapServers.join(',') },
    client,
    createTopics: (topics) => createTopics(admin, topics),
    count: async (topic) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets.reduce((sum, { high }) => sum + Number(high), 0);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** kafkajs waits for leaders itself, and fails when the broker does not know the topic yet. */
async function createTopics(admin: Admin, topics: readonly NewTopic[]): Promise<void> {
  await admin.createTopics({
    waitForLeaders: false,
    topics: topics.map(({ topic, partitions }) => ({ topic, numPartitions: partitions, replicationFactor: 1 })),
  });
  const names = topics.map(({ topic }) => topic);
  const areLed = async () => {
    const { topics: known } = await admin.fetchTopicMetadata({ topics: names });
    return known.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
  };
  await waitFor('every partition has a leader', areLed, { timeoutMs: 60_000 });
}
