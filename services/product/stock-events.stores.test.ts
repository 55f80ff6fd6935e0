import { randomUUID } from 'node:crypto';
import test from 'ava';
import { newEvent, toRecord } from '#chassis/events/cloud-event.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { openProducer } from '#chassis/kafka/producer.ts';
import { silentLogger } from '#chassis/logger.ts';
import { createMetrics } from '#chassis/metrics.ts';
import type { StockState } from '#contracts/events/inventory.ts';
import { stockChanged, stockOut } from '#contracts/events/inventory.ts';
import { deadLetterTopic, retryTopics, topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { aShirt } from './testing/factories.ts';
import { editor, products, startDatabases, startProduct } from './testing/product-under-test.ts';

const [databases, cluster] = await Promise.all([startDatabases(), startKafka()]);
test.after.always(() => Promise.all([databases.close(), cluster.close()]));

const topic = topics.inventory.name;
const kafka = openKafka(
  { bootstrapServers: cluster.bootstrapServers, tls: false, connectTimeoutMs: 1000, requestTimeoutMs: 5000 },
  { service: 'test', logger: silentLogger },
);
const patient = { timeoutMs: 90_000 };

test.before(async () => {
  const admin = kafka.kafka.admin();
  await admin.connect();
  const names = [topic, deadLetterTopic(topic), ...retryTopics(topic).map(({ name }) => name)];
  await admin.createTopics({ topics: names.map((name) => ({ topic: name, numPartitions: 1 })), waitForLeaders: true });
  await admin.disconnect();
});

const stockOf = (sku: string, availability: string, version: number): StockState => ({
  sku,
  onHand: 9,
  reserved: 0,
  backordered: 0,
  available: 9,
  availability,
  version,
});

/** An event as the inventory sends it. */
function record(stock: StockState, type: typeof stockChanged | typeof stockOut = stockChanged) {
  const origin = { id: randomUUID(), source: '/shop/inventory', time: new Date(), context: undefined };
  const { key, headers, payload } = toRecord(newEvent(type, { stock }), origin);
  return { topic, key, value: payload, headers };
}

async function countLetters(): Promise<number> {
  const admin = kafka.kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(deadLetterTopic(topic));
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

test.serial(
  'products show what the inventory tells; what comes twice, late or broken changes and holds up nothing',
  async (t) => {
    const { service } = await startProduct(t, databases, {
      APP_KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers.join(','),
    });
    const producer = openProducer(kafka, { batchMaxEvents: 100, sendTimeoutMs: 20_000 }, createMetrics('test', 'test'));
    t.teardown(() => producer.close());
    const shirt = (await service.call('POST', products, { ...editor, body: aShirt() })).json;
    const skus: readonly string[] = shirt.variants.map(({ sku }: { sku: string }) => sku);
    const [first = '', second = '', third = '', last = ''] = skus;
    const read = () => service.call('GET', `${products}/${shirt.id}`);
    const states = async () =>
      (await read()).json.variants.map(({ availability }: { availability: string }) => availability);
    const until = (wanted: readonly string[]) =>
      waitFor(`${wanted}`, async () => JSON.stringify(await states()) === JSON.stringify(wanted), patient);

    const sold = record(stockOf(first, 'out-of-stock', 5));
    for (const event of [record(stockOf(first, 'in-stock', 4)), sold, record(stockOf(second, 'low-stock', 1))])
      await producer.send(event);
    await until(['out-of-stock', 'low-stock', 'unknown', 'unknown']);
    const before = await read();

    const good = record(stockOf(third, 'in-stock', 1));
    await producer.send(sold);
    await producer.send(record(stockOf(first, 'in-stock', 3)));
    await producer.send(record(stockOf(first, 'out-of-stock', 6)));
    await producer.send(record(stockOf(first, 'in-stock', 5)));
    await producer.send(record(stockOf(first, 'in-stock', 9), stockOut));
    await producer.send({ ...good, value: 'garbage' });
    await producer.send({ ...good, value: JSON.stringify({ stock: { sku: third } }) });
    await producer.send(record(stockOf(third, 'somewhere', 8)));
    await producer.send({ ...good, headers: {} });
    await waitFor('four are given up', async () => (await countLetters()) === 4, patient);
    const after = await read();
    t.deepEqual(after.json, before.json);
    t.is(after.headers.get('etag'), before.headers.get('etag'));

    await producer.send(good);
    await producer.send(record(stockOf(last, 'backorder', 2)));
    await producer.send(record(stockOf('NOBODY-HAS-IT', 'in-stock', 2)));
    await until(['out-of-stock', 'low-stock', 'in-stock', 'backorder']);
    t.is((await read()).json.version, shirt.version, 'nobody who edits it is disturbed');
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
    const counted = (outcome: string) =>
      Number(new RegExp(`kafka_events_consumed_total\\{.*outcome="${outcome}".*\\} (\\d+)`).exec(metrics)?.[1]);
    t.deepEqual(['dead', 'ignored', 'retry'].map(counted), [4, 1, Number.NaN]);
  },
);

// After the first: services of one group share its partitions.
test.serial('many events of one moment are one transaction, and of a SKU the newest counts', async (t) => {
  const { service, client } = await startProduct(t, databases);
  const shirt = (await service.call('POST', products, { ...editor, body: aShirt() })).json;
  const skus: readonly string[] = shirt.variants.map(({ sku }: { sku: string }) => sku);
  const producer = openProducer(kafka, { batchMaxEvents: 1000, sendTimeoutMs: 20_000 }, createMetrics('test', 'test'));
  t.teardown(() => producer.close());
  const events = Array.from({ length: 200 }, (_, index) =>
    record(stockOf(skus[index % 4] ?? '', index < 196 ? 'in-stock' : 'out-of-stock', index + 1)),
  );
  await Promise.all(events.map((event) => producer.send(event)));
  const replica = await startProduct(t, databases, {
    APP_KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers.join(','),
    APP_POSTGRES_DATABASE: (await client.query('select current_database() as name')).rows[0].name,
  });
  const shown = async () =>
    (await replica.service.call('GET', `${products}/${shirt.id}`)).json.variants.filter(
      ({ availability }: { availability: string }) => availability === 'out-of-stock',
    );
  await waitFor('all are sold out', async () => (await shown()).length === 4, patient);
  const metrics = await (await fetch(`${replica.service.adminUrl}/metrics`)).text();
  const writes = Number(
    /db_query_duration_seconds_count\{.*statement="availability_write".*\} (\d+)/.exec(metrics)?.[1],
  );
  t.log(`${writes} writes for 200 events`);
  t.true(writes < 100);
});
