import { randomUUID } from 'node:crypto';
import test from 'ava';
import { newEvent, toRecord } from '#chassis/events/cloud-event.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { productCreated, productDeleted, productUpdated } from '#contracts/events/product.ts';
import { deadLetterTopic, retryTopics, topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import {
  act,
  aSku,
  buildInventory,
  expect,
  keeper,
  letExpire,
  mainWarehouse,
  receive,
  reserve,
  startInventory,
} from './testing/inventory-under-test.ts';
import { expireOverdue } from './use-cases/end-reservations.ts';

const [databases, cluster] = await Promise.all([
  startTestDatabases(new URL('./migrations/', import.meta.url)),
  startKafka(),
]);
test.after.always(() => Promise.all([databases.close(), cluster.close()]));
const { kafka } = openKafka(
  { bootstrapServers: cluster.bootstrapServers, tls: false, connectTimeoutMs: 1000, requestTimeoutMs: 5000 },
  { service: 'test', logger: silentLogger },
);

test.before(async () => {
  const admin = kafka.admin();
  await admin.connect();
  const { name } = topics.product;
  const names = [topics.inventory.name, name, deadLetterTopic(name), ...retryTopics(name).map((retry) => retry.name)];
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 2 })), waitForLeaders: true });
  await admin.disconnect();
});

const withKafka = { APP_KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers.join(',') };

test('each change of a SKU is told with what there is then, and its versions grow by one', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  await receive(service, { [sku]: 50 });
  const { id } = expect(await reserve(service, { [sku]: 2 }), 201).json;
  expect(await act(service, id, 'confirm'), 200);
  expect(await act(service, id, 'confirm'), 200);
  const given = expect(await reserve(service, { [sku]: 1 }), 201).json;
  expect(await act(service, given.id, 'release'), 200);
  const states = (await service.events(sku))
    .filter(({ type }) => type === 'stock-changed')
    .map(({ data }) => data.stock);
  const state = (onHand: number, reserved: number, version: number) => ({
    sku,
    onHand,
    reserved,
    backordered: 0,
    available: onHand - reserved,
    availability: 'in-stock',
    version,
  });
  t.deepEqual(states, [state(50, 0, 1), state(50, 2, 2), state(48, 0, 3), state(48, 1, 4), state(48, 0, 5)]);
});

test('low, out and back are told at their edges and not in between', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  const take = async (quantity: number) => expect(await reserve(service, { [sku]: quantity }), 201).json.id as string;
  const give = async (id: string) => expect(await act(service, id, 'release'), 200);
  await receive(service, { [sku]: 20 });
  await take(14);
  const low = await take(1);
  await give(low);
  await take(1);
  const last = await take(2);
  const more = await take(3);
  await give(last);
  await take(2);
  await give(more);
  await receive(service, { [sku]: 7 });
  await take(5);
  const edges = (await service.events(sku)).filter(({ type }) => type !== 'stock-changed');
  t.deepEqual(
    edges.map(({ type, data }) => `${type} at ${data.stock.available}`),
    ['back-in-stock at 20', 'stock-low at 5', 'stock-out at 0', 'back-in-stock at 3', 'stock-low at 5'],
  );
  t.is(edges[1]?.data.lowStockAt, 5);
});

test('what is refused is not told; what expires is, once for each SKU', async (t) => {
  const inventory = await buildInventory(t, databases);
  const service = await startInventory(t, databases, {
    APP_POSTGRES_DATABASE: inventory.environment['APP_POSTGRES_DATABASE'],
    ...inventory.environment,
  });
  const [a, b] = [aSku(), aSku()];
  await receive(service, { [a]: 9, [b]: 9 });
  t.is((await reserve(service, { [a]: 1, [b]: 10 })).status, 409);
  t.is((await service.events(a)).filter(({ type }) => type === 'stock-changed').length, 1);
  const { id, orderId } = expect(await reserve(service, { [a]: 1, [b]: 2 }), 201).json;
  await letExpire(service, id);
  t.is(await expireOverdue(inventory.deps, 10), 1);
  t.is(await expireOverdue(inventory.deps, 10), 0);
  const told = async (sku: string) =>
    (await service.events(sku)).filter(({ type }) => type === 'reservation-expired').map(({ data }) => data);
  const [first] = await told(a);
  t.like(first, { sku: a, quantity: 1, reservationId: id, orderId });
  t.like(await told(b), [{ sku: b, quantity: 2, reservationId: id, orderId }]);
  t.is((await told(a)).length + (await told(b)).length, 2);
});

const aVariant = (sku: string) => ({
  id: randomUUID(),
  sku,
  options: { size: sku },
  barcode: null,
  weightGrams: null,
  prices: [],
});

const product = (sku: string, version: number, others: readonly string[] = []) => ({
  id: randomUUID(),
  slug: 'a',
  title: 'A',
  description: '',
  status: 'active',
  categoryId: null,
  sku,
  prices: [],
  ...(others.length === 0 ? {} : { variants: [sku, ...others].map(aVariant) }),
  attributes: {},
  version,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
});

test.serial('new SKUs of products get a level, once, and what lies somewhere stays', async (t) => {
  const service = await startInventory(t, databases, withKafka);
  const [made, changed, kept, variant] = [aSku(), aSku(), aSku(), aSku()];
  await receive(service, { [kept]: 5 });
  const events = [
    newEvent(productCreated, { product: product(made, 1) }),
    newEvent(productUpdated, { product: product(changed, 2, [variant]) }),
    newEvent(productUpdated, { product: product(kept, 3) }),
    newEvent(productDeleted, { id: randomUUID(), version: 9, deletedAt: '2026-01-01T00:00:00.000Z' }),
  ];
  const origin = () => ({ id: randomUUID(), source: '/shop/product', time: new Date(), context: undefined });
  const records = events.map((event) => toRecord(event, origin()));
  const producer = kafka.producer();
  await producer.connect();
  // Each comes twice, as events may.
  const messages = [...records, ...records].map(({ key, payload, headers }) => ({ key, value: payload, headers }));
  await producer.send({ topic: topics.product.name, messages });
  await producer.disconnect();
  const handled = async () => (await service.query('select from inbox')).length === 3;
  await waitFor('three are handled', handled, { timeoutMs: 90_000 });
  t.deepEqual(
    await service.query('select sku, warehouse_id, on_hand from stock_levels order by sku'),
    [made, changed, kept, variant].map((sku) => ({ sku, warehouse_id: mainWarehouse, on_hand: sku === kept ? 5 : 0 })),
  );
  expect(await service.call('GET', `/api/v1/stock/levels/${mainWarehouse}/${made}`, keeper), 200);
});

/** Versions of the SKU as a consumer with an inbox sees them, once as many events are there. */
async function readVersions(sku: string, wanted: number): Promise<readonly number[]> {
  const consumer = kafka.consumer({ groupId: `test.${sku}` });
  const seen = new Map<string, number>();
  const all = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.inventory.name], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { key, headers } }) => {
      const id = String(headers?.['ce_id']);
      if (String(key) === sku && !seen.has(id)) seen.set(id, Number(headers?.['ce_aggregateversion']));
      if (seen.size === wanted) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
  return [...seen.values()];
}

test.serial(
  'the shop sells while Kafka is away; its events are published by SKU in their order when it is back',
  async (t) => {
    const service = await startInventory(t, databases, withKafka);
    const sku = aSku();
    await receive(service, { [sku]: 50 });
    await cluster.nodes[0]?.stop('kill');
    const ids: string[] = [];
    for (let round = 0; round < 5; round += 1) ids.push(expect(await reserve(service, { [sku]: 1 }), 201).json.id);
    for (const id of ids) expect(await act(service, id, 'confirm'), 200);
    t.is((await service.call('GET', '/health')).status, 200);
    await cluster.nodes[0]?.start();
    const published = async () =>
      (await service.query('select from outbox where published_at is null limit 1')).length === 0;
    await waitFor('all are published', published, { timeoutMs: 90_000 });
    const wanted = (await service.query('select from outbox where key = $1', [sku])).length;
    const versions = await readVersions(sku, wanted);
    t.deepEqual(
      versions,
      versions.toSorted((left, right) => left - right),
    );
    t.deepEqual(
      [...new Set(versions)],
      Array.from({ length: 11 }, (_, index) => index + 1),
    );
    t.deepEqual(await service.drifts(), []);
  },
);
