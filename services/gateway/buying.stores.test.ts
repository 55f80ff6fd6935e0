import test, { type ExecutionContext } from 'ava';
import { openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { startProcess } from '#chassis/testing/service-process.ts';
import type { Answer, ServiceUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { deadLetterTopic, retryTopics, topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { anAccessToken, redisEnvironment, startGateway } from './testing/gateway-under-test.ts';

const migrationsOf = (service: string) => new URL(`../${service}/migrations/`, import.meta.url);
const [product, inventory, cart, redis, kafka] = await Promise.all([
  startTestDatabases(migrationsOf('product')),
  startTestDatabases(migrationsOf('inventory')),
  startTestDatabases(migrationsOf('cart')),
  startRedisCluster(),
  startKafka(),
]);
test.after.always(() => Promise.all([product, inventory, cart, redis, kafka].map((server) => server.close())));

const patient = { timeoutMs: 120_000 };
/** Of the inventory's first migration. */
const mainWarehouse = '00000000-0000-7000-8000-000000000001';

async function createTopics(): Promise<void> {
  const { bootstrapServers } = kafka;
  const settings = { bootstrapServers, tls: false, connectTimeoutMs: 1000, requestTimeoutMs: 5000 };
  const admin = openKafka(settings, { service: 'test', logger: silentLogger }).kafka.admin();
  await admin.connect();
  const names = [topics.product, topics.inventory, topics.user, topics.cart].flatMap(({ name }) => [
    name,
    deadLetterTopic(name),
    ...retryTopics(name).map((retry) => retry.name),
  ]);
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 1 })), waitForLeaders: true });
  await admin.disconnect();
}

/** As processes: services know each other's addresses, not their code. */
async function startShop(t: ExecutionContext): Promise<ServiceUnderTest> {
  await createTopics();
  const events = { APP_KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers.join(',') };
  const main = (service: string) => new URL(`../${service}/main.ts`, import.meta.url);
  const [products, stock] = await Promise.all([
    startProcess(t, main('product'), { ...(await product.create()), ...events }),
    startProcess(t, main('inventory'), { ...(await inventory.create()), ...events }),
  ]);
  const carts = await startProcess(t, main('cart'), {
    ...(await cart.create()),
    ...redisEnvironment(redis),
    ...events,
    APP_UPSTREAM_PRODUCT: products.url,
    APP_UPSTREAM_INVENTORY: stock.url,
    // A busy test machine is no outage, and nothing but an event can move a price.
    APP_REDIS_COMMAND_TIMEOUT_MS: '10000',
    APP_PRODUCT_TIMEOUT_MS: '10000',
    APP_INVENTORY_TIMEOUT_MS: '10000',
    APP_OFFER_CACHE_S: '3600',
  });
  const upstreams = {
    APP_UPSTREAM_PRODUCT: products.url,
    APP_UPSTREAM_INVENTORY: stock.url,
    APP_UPSTREAM_CART: carts.url,
    APP_RATE_LIMIT_GUEST_READ: '100000',
  };
  return startGateway(t, upstreams, redis);
}

const expect = (answer: Answer, status: number) => {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text}`);
  return answer;
};

test('what the staff enter is what a customer can put into a cart, at the price of now and not more than there is', async (t) => {
  t.timeout(360_000);
  const shop = await startShop(t);
  const as = async (role: string) => ({ authorization: `Bearer ${await anAccessToken([role], `a-${role}`)}` });
  const editor = await as('catalog-manager');
  const keeper = await as('warehouse');
  const variant = (size: string, amountMinor: number) => ({
    sku: `SHIRT-${size}`,
    options: { size },
    prices: [{ currency: 'EUR', amountMinor }],
  });
  const body = {
    slug: 'shirt',
    title: 'Shirt',
    status: 'active',
    options: ['size'],
    variants: [variant('S', 1900), variant('XL', 2500)],
  };
  const shirt = expect(await shop.call('POST', '/api/v1/products', { body, headers: editor }), 201).json;
  const [small, large] = shirt.variants;

  const levels = async () => (await shop.call('GET', '/api/v1/stock/levels', { headers: keeper })).json.items;
  await waitFor('the inventory knows both SKUs', async () => (await levels())?.length === 2, patient);
  const lines = [{ sku: large.sku, warehouseId: mainWarehouse, delta: 3 }];
  const delivery = { reference: 'delivery-1', reason: 'received', lines };
  expect(await shop.call('POST', '/api/v1/stock/adjustments', { body: delivery, headers: keeper }), 201);
  const page = async () => (await shop.call('GET', '/bff/product/shirt')).json;
  const isShown = async () => (await page()).product.variants[1].availability === 'low-stock';
  await waitFor('the product shows that few are left', isShown, patient);
  t.like(await page(), {
    availability: [
      { sku: 'SHIRT-S', availability: 'out-of-stock' },
      { sku: 'SHIRT-XL', availability: 'low-stock' },
    ],
    warnings: [],
  });
  t.false(JSON.stringify(await page()).includes('availableToPromise'), 'exact counts are not public');

  const path = '/api/v1/carts/current';
  const created = expect(await shop.call('POST', '/api/v1/carts', { body: {} }), 201);
  const guest = { 'x-cart-token': created.headers.get('x-cart-token') ?? '' };
  const add = (id: string, count: number) =>
    shop.call('PATCH', `${path}/items/${id}`, { body: { add: count }, headers: guest });
  const filled = expect(await add(large.id, 2), 200).json;
  t.like(filled.lines[0], {
    variantId: large.id,
    productId: shirt.id,
    sku: 'SHIRT-XL',
    title: 'Shirt',
    quantity: 2,
    unitPriceMinor: 2500,
    state: 'available',
  });
  t.deepEqual(filled.lines[0].options, { size: 'XL' });
  t.is(filled.totals.totalMinor, 5000);
  for (const refused of [await add(large.id, 2), await add(small.id, 1)]) {
    t.is(refused.status, 409);
    t.is(refused.json.code, 'out-of-stock');
  }
  t.is(expect(await add(large.id, 1), 200).json.lines[0].quantity, 3, 'as many as there are');
  const beforeBuying = expect(await shop.call('GET', '/bff/checkout', { headers: guest }), 200).json;
  t.like(beforeBuying, {
    cart: { id: filled.id, totals: { totalMinor: 7500 } },
    availability: [{ sku: 'SHIRT-XL', availability: 'low-stock' }],
    addresses: null,
    warnings: [],
  });
  t.false(JSON.stringify(beforeBuying).includes('availableToPromise'));

  const change = (method: string, changes?: unknown) =>
    shop.call(method, `/api/v1/products/${shirt.id}/variants/${large.id}`, {
      ...(changes === undefined ? {} : { body: changes }),
      headers: { ...editor, 'if-match': '*' },
    });
  expect(await change('PATCH', { prices: [{ currency: 'EUR', amountMinor: 2750 }] }), 200);
  const line = async () => (await shop.call('GET', path, { headers: guest })).json.lines[0];
  await waitFor('the cart shows the new price', async () => (await line()).unitPriceMinor === 2750, patient);
  t.like(await line(), { previousUnitPriceMinor: 2500, state: 'available', totalMinor: 8250 });
  const quote = expect(await shop.call('POST', `${path}/quote`, { headers: guest }), 201).json;
  t.deepEqual(quote.priceChanges, [{ variantId: large.id, previousUnitPriceMinor: 2500, unitPriceMinor: 2750 }]);
  t.is(quote.totals.totalMinor, 8250);

  expect(await change('DELETE'), 200);
  await waitFor('the cart tells that the variant is gone', async () => (await line()).state === 'unavailable', patient);
  t.is((await add(large.id, 1)).json.code, 'variant-unavailable');
});
