/** PostgreSQL with the chassis' tables, and Kafka: what tests of the outbox and the inbox run on. */
import type { ExecutionContext } from 'ava';
import type { KafkaMessage } from 'kafkajs';
import pg from 'pg';
import { z } from 'zod';
import { eventType } from '#contracts/events/event-type.ts';
import { type KafkaCluster, startKafka } from '#lab/stores/kafka.ts';
import { postgresSettings } from '../config/base.ts';
import { loadSettings } from '../config/settings.ts';
import { type KafkaClient, type KafkaSettings, openKafka } from '../kafka/client.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { type Database, type DatabaseSettings, openDatabase } from '../postgres/database.ts';
import { startTestDatabases, type TestDatabases } from './test-database.ts';

/** An event of tests: the how-manieth of its key it is. */
export const counted = eventType({
  topic: 'counted',
  aggregate: 'counter',
  type: 'shop.test.counted.v1',
  summary: 'For tests.',
  schema: z.looseObject({ key: z.string(), count: z.int(), text: z.string().optional() }),
  key: ({ key }) => key,
  version: ({ count }) => count,
});

/** The same on a topic of its own: tests of a file share one Kafka. */
export function countedOn(topic: string): typeof counted {
  return { ...counted, topic };
}

export interface TestDatabase {
  readonly settings: DatabaseSettings;
  readonly database: Database;
  /** A connection of the test itself. */
  readonly client: pg.Client;
  readonly metrics: Metrics;
}

export interface EventStores {
  readonly cluster: KafkaCluster;
  readonly kafka: KafkaClient;
  readonly kafkaSettings: KafkaSettings;
  createDatabase(t: ExecutionContext): Promise<TestDatabase>;
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  /** All messages of a topic so far, those of a partition in order. */
  readTopic(topic: string): Promise<readonly KafkaMessage[]>;
  close(): Promise<void>;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** Starts both servers; one database and one topic per test keep the tests of a file apart. */
export async function startEventStores(logger: Logger = silentLogger): Promise<EventStores> {
  const [databases, cluster] = await Promise.all([
    startTestDatabases(new URL('./migrations/', import.meta.url)),
    startKafka(),
  ]);
  const kafkaSettings: KafkaSettings = {
    bootstrapServers: cluster.bootstrapServers,
    tls: false,
    connectTimeoutMs: 1000,
    requestTimeoutMs: 5000,
  };
  const kafka = openKafka(kafkaSettings, { service: 'test', logger });
  return {
    cluster,
    kafka,
    kafkaSettings,
    createDatabase: (t) => createDatabase(t, databases),
    createTopics: (topics) => createTopics(kafka, topics),
    readTopic: (topic) => readTopic(kafka, topic),
    close: async () => {
      await Promise.all([databases.close(), cluster.close()]);
    },
  };
}

async function createDatabase(t: ExecutionContext, databases: TestDatabases): Promise<TestDatabase> {
  const environment = await databases.create();
  const { postgres: settings } = loadSettings({ postgres: postgresSettings }, environment);
  const metrics = createMetrics('test', 'test');
  const database = openDatabase(settings, { service: 'test', logger: silentLogger, metrics });
  t.teardown(() => database.close());
  const client = new pg.Client(databases.server.url(settings.database));
  await client.connect();
  t.teardown(() => client.end());
  return { settings, database, client, metrics };
}

async function createTopics({ kafka }: KafkaClient, topics: readonly NewTopic[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: topics.map(({ topic, partitions = 3, configs = {} }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor: 1,
      configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
    })),
  });
  await admin.disconnect();
}

let readers = 0;

async function readTopic({ kafka }: KafkaClient, topic: string): Promise<readonly KafkaMessage[]> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const open = new Map(offsets.flatMap(({ partition, high }) => (high === '0' ? [] : [[partition, Number(high)]])));
  const messages: KafkaMessage[] = [];
  if (open.size === 0) return messages;
  readers += 1;
  const consumer = kafka.consumer({ groupId: `test.reader-${readers}` });
  const done = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const high = open.get(partition);
      if (high === undefined) return;
      messages.push(message);
      if (Number(message.offset) + 1 >= high) open.delete(partition);
      if (open.size === 0) done.resolve();
    },
  });
  await done.promise;
  await consumer.disconnect();
  return messages;
}

/** Text of a header. */
export function headerOf({ headers }: KafkaMessage, name: string): string | undefined {
  return headers?.[name]?.toString();
}

/** The messages without repetitions: of each id the first, as a consumer with an inbox takes them. */
export function firstOfEach(messages: readonly KafkaMessage[]): readonly KafkaMessage[] {
  const seen = new Set<string | undefined>();
  return messages.filter((message) => {
    const id = headerOf(message, 'ce_id');
    const isNew = !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

/** The counts that `counted` events carry, by key, in their order. */
export function countsByKey(messages: readonly KafkaMessage[]): Readonly<Record<string, readonly number[]>> {
  const counts: Record<string, number[]> = {};
  for (const { key, value } of messages) {
    const data = JSON.parse(value?.toString() ?? '{}') as { readonly count: number }; // of the schema above
    const name = key?.toString() ?? '';
    counts[name] = [...(counts[name] ?? []), data.count];
  }
  return counts;
}
