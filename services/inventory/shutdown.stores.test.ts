import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { newEvent, toRecord } from '#chassis/events/cloud-event.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { startProcess } from '#chassis/testing/service-process.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { productCreated } from '#contracts/events/product.ts';
import { consumerGroup, deadLetterTopic, retryTopics, topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';

const main = new URL('./main.ts', import.meta.url);
const topic = topics.product.name;
const patient = { timeoutMs: 60_000 };

/** A database, and a Kafka with products to make known: one SKU each, all in one partition. */
async function start(t: ExecutionContext, count: number) {
  const [databases, cluster] = await Promise.all([
    startTestDatabases(new URL('./migrations/', import.meta.url)),
    startKafka(),
  ]);
  t.teardown(() => Promise.all([databases.close(), cluster.close()]));
  const database = await databases.create();
  const environment = {
    ...database,
    APP_KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers.join(','),
    APP_SHUTDOWN_DELAY_MS: '0',
  };
  const { kafka } = openKafka(
    { bootstrapServers: cluster.bootstrapServers, tls: false, connectTimeoutMs: 1000, requestTimeoutMs: 5000 },
    { service: 'test', logger: silentLogger },
  );
  const admin = kafka.admin();
  await admin.connect();
  t.teardown(() => admin.disconnect());
  const names = [topics.inventory.name, topic, deadLetterTopic(topic), ...retryTopics(topic).map(({ name }) => name)];
  await admin.createTopics({ topics: names.map((name) => ({ topic: name, numPartitions: 1 })), waitForLeaders: true });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: Array.from({ length: count }, (_, index) => aProduct(skuOf(index))) });
  await producer.disconnect();
  const client = new pg.Client(databases.server.url(database['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  const number = async (sql: string) => Number((await client.query(sql)).rows[0].count);
  return {
    environment,
    client,
    handled: () => number('select count(*) from inbox'),
    levels: () => number('select count(*) from stock_levels'),
    isWaiting: async () => (await number('select count(*) from pg_locks where not granted')) > 0,
    place: async () => {
      const [offsets] = await admin.fetchOffsets({ groupId: consumerGroup('inventory', 'skus'), topics: [topic] });
      return offsets?.partitions[0]?.offset;
    },
  };
}

const skuOf = (index: number) => `sku-${index}`;

function aProduct(sku: string) {
  const time = '2026-01-01T00:00:00.000Z';
  const product = {
    id: randomUUID(),
    slug: sku,
    title: sku,
    description: '',
    status: 'active',
    categoryId: null,
    sku,
    prices: [],
    attributes: {},
    version: 1,
    createdAt: time,
    updatedAt: time,
  };
  const origin = { id: randomUUID(), source: '/shop/product', time: new Date(), context: undefined };
  const { key, headers, payload } = toRecord(newEvent(productCreated, { product }), origin);
  return { key, headers, value: payload };
}

test.serial(
  'a process that is stopped in the middle of a batch finishes the event in hand, and each has its effect once',
  async (t) => {
    const { environment, client, ...shop } = await start(t, 60);
    // The handling of the 31st waits for us.
    await client.query('begin');
    await client.query('insert into stock_items (sku) values ($1)', [skuOf(30)]);
    const first = await startProcess(t, main, environment);
    await waitFor('it is in the middle', shop.isWaiting, patient);
    const exited = once(first.child, 'exit');
    first.child.kill('SIGTERM');
    await delay(500);
    await client.query('rollback');
    t.deepEqual(await exited, [0, null]);
    t.is(await shop.handled(), 31, 'the one in hand, and none after it');
    t.is(await shop.place(), '31', 'none comes again');

    const second = await startProcess(t, main, environment);
    await waitFor('the rest is handled', async () => (await shop.handled()) === 60, patient);
    t.is(await shop.levels(), 60);
    const metrics = await (await fetch(`${second.adminUrl}/metrics`)).text();
    t.false(/kafka_events_consumed_total\{.*outcome="skipped"/.test(metrics), 'nothing was repeated');
  },
);

test.serial('a process whose handler hangs ends inside its grace, says so, and loses nothing', async (t) => {
  const { environment, client, ...shop } = await start(t, 3);
  await client.query('begin');
  await client.query('insert into stock_items (sku) values ($1)', [skuOf(1)]);
  const slow = { APP_POSTGRES_STATEMENT_TIMEOUT_MS: '60000', APP_SHUTDOWN_GRACE_MS: '1000' };
  const first = await startProcess(t, main, { ...environment, ...slow });
  let output = '';
  first.child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await waitFor('it hangs', shop.isWaiting, patient);
  const begun = performance.now();
  const exited = once(first.child, 'exit');
  first.child.kill('SIGTERM');
  t.deepEqual(await exited, [1, null]);
  t.true(performance.now() - begun < 10_000);
  t.regex(output, /"workers":\["kafka inventory\.skus"\].*cut off/);
  await client.query('rollback');
  await startProcess(t, main, environment);
  await waitFor('all are handled', async () => (await shop.handled()) === 3, patient);
  t.is(await shop.levels(), 3);
});
