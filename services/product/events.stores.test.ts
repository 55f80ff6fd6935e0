import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { type Environment, loadSettings } from '#chassis/config/settings.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { buildService } from '#chassis/running-service.ts';
import {
  type CallOptions,
  type ServiceUnderTest,
  startUnderTest,
  testInternalKey,
} from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { makeCatalogue } from './seed/catalogue.ts';
import { productService } from './service.ts';
import { seedCatalogue } from './store/seed-catalogue.ts';
import { aProduct } from './testing/factories.ts';
import { asTold } from './testing/product-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const editor: CallOptions = { roles: ['catalog-manager'] };
const path = '/api/v1/products';

interface StoredEvent {
  readonly type: string;
  readonly key: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function start(t: ExecutionContext, extra: Environment = {}) {
  // Forty writers of one product wait for each other: on a busy machine for longer than a caller of the shop should.
  const patience = { APP_POSTGRES_CONNECT_TIMEOUT_MS: '20000' };
  const environment: Environment = { ...(await databases.create()), ...patience, ...extra };
  const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  const service = await startUnderTest(t, productService, environment);
  const events = async (): Promise<readonly StoredEvent[]> => {
    const { rows } = await client.query('select type, key, payload from outbox order by id');
    return rows.map(({ type, key, payload }) => ({ type, key, data: JSON.parse(payload) }));
  };
  return { service, client, events, environment };
}

const change = (service: ServiceUnderTest, id: string, body: unknown, tag = '*') =>
  service.call('PATCH', `${path}/${id}`, { ...editor, body, headers: { 'if-match': tag } });

test('each change is announced with the product as it is then', async (t) => {
  const { service, events } = await start(t);
  const created = (await service.call('POST', path, { ...editor, body: aProduct() })).json;
  const { id } = created;
  const retitled = (await change(service, id, { title: 'Other' })).json;
  const prices = [{ currency: 'EUR', amountMinor: 999, compareAtMinor: 1999 }];
  const cheaper = (await change(service, id, { prices })).json;
  const same = (await change(service, id, { prices })).json;
  await service.call('DELETE', `${path}/${id}`, { ...editor, headers: { 'if-match': '*' } });
  const restored = (await service.call('POST', `${path}/${id}/restore`, editor)).json;

  const all = await events();
  t.deepEqual(new Set(all.map(({ key }) => key)), new Set([id]));
  const deleted = all[5]?.data ?? {};
  t.deepEqual(
    all.map(({ type, data }) => [type, data]),
    [
      ['shop.product.created.v1', { product: asTold(created) }],
      ['shop.product.updated.v1', { product: asTold(retitled) }],
      ['shop.product.updated.v1', { product: asTold(cheaper) }],
      [
        'shop.product.price-changed.v1',
        { product: asTold(cheaper), previousPrices: created.prices, changes: all[3]?.data['changes'] },
      ],
      ['shop.product.updated.v1', { product: asTold(same) }],
      ['shop.product.deleted.v1', { id, version: 5, deletedAt: deleted['deletedAt'] }],
      ['shop.product.updated.v1', { product: asTold(restored) }],
    ],
  );
  t.false(Number.isNaN(Date.parse(String(deleted['deletedAt']))));
});

test('what is refused is not announced', async (t) => {
  const { service, events } = await start(t);
  const { json: one } = await service.call('POST', path, { ...editor, body: aProduct() });
  t.is((await service.call('POST', path, { ...editor, body: aProduct({ slug: one.slug }) })).status, 409);
  t.is((await change(service, one.id, { title: 'Other' }, '"v7"')).status, 412);
  t.is((await change(service, one.id, { categoryId: one.id })).status, 422);
  t.is((await service.call('POST', `${path}/${one.id}/restore`, editor)).status, 404);
  t.is((await events()).length, 1);
});

// Alone and before the others: forty writers of one product take turns, each within the time of a request.
test.serial(
  'writers at once: versions are announced in their order, and each knows the prices before it',
  async (t) => {
    const { service, events } = await start(t);
    const { id } = (await service.call('POST', path, { ...editor, body: aProduct() })).json;
    const priceOf = (amountMinor: number) => ({ prices: [{ currency: 'EUR', amountMinor }] });
    const bodies = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? priceOf(index + 1) : { title: `T${index}` },
    );
    const answers = await Promise.all(bodies.map((body) => change(service, id, body)));
    t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    const all = await events();
    const states = all
      .filter(({ type }) => !type.includes('price'))
      .map(({ data }) => data['product'] as { readonly version: number; readonly prices: unknown });
    t.deepEqual(
      states.map(({ version }) => version),
      Array.from({ length: 41 }, (_, index) => index + 1),
    );
    t.deepEqual(states.at(-1), asTold((await service.call('GET', `${path}/${id}`, editor)).json));
    const changes = all.filter(({ type }) => type === 'shop.product.price-changed.v1').map(({ data }) => data);
    t.is(changes.length, 20);
    for (const { product, previousPrices } of changes) {
      const before = states.find(({ version }) => version === (product as { version: number }).version - 1);
      t.deepEqual(previousPrices, before?.prices);
    }
  },
);

test('the seed announces what it adds, and nothing twice', async (t) => {
  const { environment, events } = await start(t);
  const settings = loadSettings(productService.settings, { ...environment, APP_INTERNAL_KEY: testInternalKey });
  const { deps, close } = buildService(productService, settings, silentLogger);
  t.teardown(close);
  const catalogue = makeCatalogue();
  const { products } = await seedCatalogue(deps, catalogue);
  t.is(products, catalogue.products.length);
  await seedCatalogue(deps, catalogue);
  const all = await events();
  t.is(all.length, products);
  t.deepEqual(all.map(({ key }) => key).toSorted(), catalogue.products.map(({ id }) => id).toSorted());
  t.deepEqual(new Set(all.map(({ type }) => type)), new Set(['shop.product.created.v1']));
});

test('with Kafka away the service goes on; its events are published when Kafka is there', async (t) => {
  const cluster = await startKafka();
  t.teardown(() => cluster.close());
  const settings = {
    bootstrapServers: cluster.bootstrapServers,
    tls: false,
    connectTimeoutMs: 1000,
    requestTimeoutMs: 5000,
  };
  const { kafka } = openKafka(settings, { service: 'test', logger: silentLogger });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: topics.product.name, numPartitions: 2 }], waitForLeaders: true });
  await admin.disconnect();
  await cluster.nodes[0]?.stop('kill');

  const { service, client } = await start(t, { APP_KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers.join(',') });
  const created = await service.call('POST', path, { ...editor, body: aProduct() });
  t.is(created.status, 201);
  const health = await service.call('GET', '/health');
  t.is(health.status, 200);
  t.like(health.json, { status: 'degraded', checks: { kafka: 'failed', postgres: 'ok' } });
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  t.regex(metrics, /outbox_pending_events\{service="product"\} 1/);

  await cluster.nodes[0]?.start();
  const isPublished = async () =>
    (await client.query('select from outbox where published_at is null limit 1')).rowCount === 0;
  await waitFor('the event is published', isPublished, { timeoutMs: 60_000 });
  const consumer = kafka.consumer({ groupId: 'test' });
  const received = Promise.withResolvers<unknown>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.product.name], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => received.resolve(JSON.parse(String(message.value))) });
  t.deepEqual(await received.promise, { product: asTold(created.json) });
  await consumer.disconnect();
  t.true(await service.stop());
});
