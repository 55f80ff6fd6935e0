import { randomUUID } from 'node:crypto';
import test from 'ava';
import { newEvent, toRecord } from '#chassis/events/cloud-event.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { openProducer } from '#chassis/kafka/producer.ts';
import { silentLogger } from '#chassis/logger.ts';
import { createMetrics } from '#chassis/metrics.ts';
import { startUnderTest } from '#chassis/testing/service-under-test.ts';
import { userDeleted } from '#contracts/events/user.ts';
import { deadLetterTopic, retryTopics, topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { productService } from '../product/service.ts';
import { cartService } from './service.ts';
import {
  aCoupon,
  aCustomer,
  aGuest,
  anArticle,
  as,
  asGuest,
  type CartUnderTest,
  changeArticle,
  expect,
  linePath,
  openTestRedis,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

// One test after the other: all search the one Redis for abandoned carts, and each tells of them in its own database.
const stores = await startCartStores();
test.after.always(() => stores.close());

const current = '/api/v1/carts/current';
const patient = { timeoutMs: 90_000 };

const put = (service: CartUnderTest, caller: object, id: string, quantity = 1) =>
  service.call('PUT', linePath(id), { ...caller, body: { quantity } });

/** Where the hint of an account is. */
async function hintOf(redis: Awaited<ReturnType<typeof openTestRedis>>, userId: string) {
  const shards = Array.from({ length: 64 }, (_, shard) => shard);
  const scores = await Promise.all(shards.map((shard) => redis.zscore(`cart:activity:{${shard}}`, userId)));
  return {
    shard: Math.max(
      0,
      scores.findIndex((score) => score !== null),
    ),
  };
}

test.serial(
  'a filled cart of an account that is left is told of once for each state, by however many replicas',
  async (t) => {
    const settings = { APP_CART_ABANDONED_AFTER_S: '2', APP_CART_SWEEP_MS: '50' };
    const service = await startCart(t, stores, settings);
    await startUnderTest(t, cartService, service.environment);
    const { id } = await anArticle(service, 1250);
    const [customer, other] = [aCustomer(), aCustomer()];
    const guest = await aGuest(service);
    await put(service, asGuest(guest), id);
    await put(service, as(other), id);
    await service.call('DELETE', linePath(id), as(other));
    const cart = expect(await put(service, as(customer), id, 3), 200).json;
    const redis = await openTestRedis(t, stores);
    // A hint that is older than the change it tells of must not be the end of the search.
    const { shard } = await hintOf(redis, customer.id);
    await redis.zadd(`cart:activity:{${shard}}`, 1, customer.id);
    const events = async () =>
      (await service.query('select type, key, payload from outbox order by id')).map(({ type, key, payload }) => ({
        type,
        key,
        data: JSON.parse(payload),
      }));
    await waitFor('the cart is told of', async () => (await events()).length > 0, patient);
    const hints = async () => {
      const shards = Array.from({ length: 64 }, (_, shard) => redis.zrange(`cart:activity:{${shard}}`, '0', '-1'));
      return (await Promise.all(shards)).flat();
    };
    const isQuiet = async () => {
      const left = await hints();
      return !left.includes(customer.id) && !left.includes(other.id);
    };
    await waitFor('the search has nothing left to do', isQuiet, patient);
    t.deepEqual(await events(), [
      {
        type: 'shop.cart.abandoned.v1',
        key: cart.id,
        data: {
          cartId: cart.id,
          userId: customer.id,
          version: 1,
          currency: 'EUR',
          lines: [{ variantId: id, productId: id, quantity: 3, unitPriceMinor: 1250 }],
          changedAt: cart.updatedAt,
        },
      },
    ]);
    // As if the process had died after the event and before the hint was gone.
    await redis.zadd(`cart:activity:{0}`, 1, customer.id);
    await waitFor('the hint is followed again', isQuiet, patient);
    t.is((await events()).length, 1);
    await put(service, as(customer), id, 4);
    await waitFor('the new state is told of', async () => (await events()).length === 2, patient);
    t.is((await events())[1]?.data.version, 2);
  },
);

test.serial('a merge that was not told of is told of by the search', async (t) => {
  const service = await startCart(t, stores, { APP_CART_ABANDONED_AFTER_S: '1', APP_CART_SWEEP_MS: '50' });
  const { id } = await anArticle(service);
  const [guest, customer] = [await aGuest(service), aCustomer()];
  await put(service, asGuest(guest), id);
  await service.query('alter table outbox rename to outbox_away');
  const merged = await service.call('POST', `${current}/merge`, as(customer, { body: { token: guest.token } }));
  expect(merged, 200);
  await service.query('alter table outbox_away rename to outbox');
  const types = async () => (await service.query('select type from outbox order by id')).map(({ type }) => type);
  await waitFor('both are told of', async () => (await types()).length === 2, patient);
  t.deepEqual(await types(), ['shop.cart.merged.v1', 'shop.cart.abandoned.v1']);
});

test.serial(
  'events of the catalogue move the cached prices, those of erased accounts remove carts, and ours get to Kafka',
  async (t) => {
    const cluster = await startKafka();
    t.teardown(() => cluster.close());
    const { bootstrapServers } = cluster;
    const client = openKafka(
      { bootstrapServers, tls: false, connectTimeoutMs: 1000, requestTimeoutMs: 5000 },
      { service: 'test', logger: silentLogger },
    );
    const admin = client.kafka.admin();
    await admin.connect();
    const names = [topics.product.name, topics.user.name, topics.inventory.name].flatMap((name) => [
      name,
      deadLetterTopic(name),
      ...retryTopics(name).map((retry) => retry.name),
    ]);
    await admin.createTopics({
      topics: [...names, topics.cart.name].map((topic) => ({ topic, numPartitions: 1 })),
      waitForLeaders: true,
    });
    await admin.disconnect();
    const kafka = { APP_KAFKA_BOOTSTRAP_SERVERS: bootstrapServers.join(',') };
    const product = await startUnderTest(t, productService, { ...(await stores.products.create()), ...kafka });
    // Nothing but an event can move a price within an hour.
    const started = await startCart(t, stores, {
      ...kafka,
      APP_UPSTREAM_PRODUCT: product.url,
      APP_OFFER_CACHE_S: '3600',
    });
    const service: CartUnderTest = { ...started, product };

    const article = await anArticle(service, 1000);
    const [customer, guest] = [aCustomer(), await aGuest(service)];
    for (const caller of [as(customer), asGuest(guest)]) expect(await put(service, caller, article.id), 200);
    await changeArticle(service, article.id, { prices: [{ currency: 'EUR', amountMinor: 1300 }] });
    const firstLine = async () => (await service.call('GET', current, as(customer))).json.lines[0];
    await waitFor('the price moves', async () => (await firstLine()).unitPriceMinor === 1300, patient);
    t.like(await firstLine(), { previousUnitPriceMinor: 1000, state: 'available' });
    const options = { roles: ['admin'], headers: { 'if-match': '*' } } as const;
    expect(await product.call('DELETE', `/api/v1/products/${article.id}`, options), 204);
    await waitFor('the article is gone', async () => (await firstLine()).state === 'unavailable', patient);
    expect(await product.call('POST', `/api/v1/products/${article.id}/restore`, options), 200);
    await waitFor('the article is back', async () => (await firstLine()).state === 'available', patient);

    const coupon = await aCoupon(service);
    const order = { roles: ['service'], subject: 'order' } as const;
    const body = { orderId: randomUUID(), userId: customer.id, codes: [coupon.code] };
    expect(await service.call('POST', '/internal/v1/coupon-redemptions', { ...order, body }), 200);
    expect(await service.call('POST', `${current}/quote`, as(customer)), 201);
    const merged = await service.call('POST', `${current}/merge`, as(customer, { body: { token: guest.token } }));
    t.is(merged.json.lines[0].quantity, 2);
    const isPublished = async () =>
      (await service.query('select published_at is not null as done from outbox')).every(({ done }) => done);
    await waitFor('the merge is in Kafka', isPublished, patient);

    const producer = openProducer(client, { batchMaxEvents: 10, sendTimeoutMs: 20_000 }, createMetrics('test', 'test'));
    t.teardown(() => producer.close());
    const origin = { source: '/shop/user', time: new Date(), context: undefined };
    const { headers, payload } = toRecord(
      newEvent(userDeleted, { userId: customer.id, erasedAt: new Date().toISOString(), version: 3 }),
      { ...origin, id: randomUUID() },
    );
    const erased = { topic: topics.user.name, key: customer.id, value: payload, headers };
    await producer.send({ ...erased, value: 'garbage' });
    await producer.send(erased);
    await producer.send(erased);
    const isGone = async () => (await service.call('GET', current, as(customer))).status === 404;
    await waitFor('the cart of the erased account is gone', isGone, patient);
    const personal = async () => [
      ...(await service.query('select id from quotes where user_id = $1', [customer.id])),
      ...(await service.query('select coupon_id from coupon_redemptions where user_id = $1', [customer.id])),
      ...(await service.query('select coupon_id from coupon_users where user_id = $1', [customer.id])),
    ];
    await waitFor('nothing leads to the person', async () => (await personal()).length === 0, patient);
    t.is((await service.query('select used from coupons'))[0].used, 1, 'the use stays counted');
    t.true(await service.stop());
  },
);
