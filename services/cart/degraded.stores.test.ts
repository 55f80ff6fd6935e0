import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { offerKey } from './catalogue/offer-cache.ts';
import {
  aCustomer,
  aGuest,
  anArticle,
  as,
  asGuest,
  changeArticle,
  expect,
  linePath,
  openTestRedis,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

const current = '/api/v1/carts/current';
const patient = { timeoutMs: 60_000 };

test('without Redis every operation on carts says 503 and when to come back; afterwards it goes on by itself', async (t) => {
  const redis = await startRedisCluster();
  t.teardown(() => redis.close());
  const own = {
    APP_REDIS_NODES: redis.nodeList,
    APP_REDIS_PASSWORD: redis.password,
    APP_REDIS_COMMAND_TIMEOUT_MS: '500',
  };
  const service = await startCart(t, stores, own);
  const { id } = await anArticle(service);
  const customer = aCustomer();
  const add = () => service.call('PATCH', linePath(id), as(customer, { body: { add: 1 } }));
  await waitFor('a first add', async () => (await add()).status === 200, patient);
  await Promise.all(redis.nodes.map((node) => node.stop('kill')));
  for (const answer of [
    await add(),
    await service.call('GET', current, as(customer)),
    await service.call('POST', '/api/v1/carts', { body: {} }),
    await service.call('POST', `${current}/quote`, as(customer)),
  ]) {
    t.is(answer.status, 503, answer.text);
    t.regex(answer.json.code, /^(service-unavailable|deadline-exceeded)$/);
    t.is(answer.headers.get('retry-after'), '1');
  }
  t.like((await service.call('GET', '/health')).json, { status: 'unavailable', checks: { redis: 'failed' } });
  // The staff's work goes on.
  t.is((await service.call('GET', '/api/v1/coupons', { roles: ['admin'] })).status, 200);
  await Promise.all(redis.nodes.map((node) => node.start()));
  await redis.whenHealthy();
  await waitFor('adds work again', async () => (await add()).status === 200, patient);
});

test('without the product service carts are shown with the last prices, less can be taken, and more cannot', async (t) => {
  const service = await startCart(t, stores);
  const redis = await openTestRedis(t, stores);
  const [one, two] = [await anArticle(service, 1000), await anArticle(service, 500)];
  const customer = aCustomer();
  expect(await service.call('PUT', linePath(one.id), as(customer, { body: { quantity: 3 } })), 200);
  await service.product.stop();
  const cached = (await service.call('GET', current, as(customer))).json;
  t.like(cached.lines[0], { state: 'available', sku: one.sku });
  t.is(
    (await service.call('PATCH', linePath(one.id), as(customer, { body: { add: 1 } }))).status,
    200,
    'the price is known',
  );
  await redis.del(offerKey(one.id));
  const shown = (await service.call('GET', current, as(customer))).json;
  t.like(shown.lines[0], { state: 'unverified', title: null, unitPriceMinor: 1000, quantity: 4, totalMinor: 4000 });
  const refused = await service.call('PATCH', linePath(two.id), as(customer, { body: { add: 1 } }));
  t.is(refused.json.code, 'service-unavailable');
  t.regex(refused.json.detail, /product service does not answer/);
  t.is(refused.headers.get('retry-after'), '1');
  t.is((await service.call('POST', `${current}/quote`, as(customer))).json.code, 'service-unavailable');
  const less = await service.call('PATCH', linePath(one.id), as(customer, { body: { add: -1 } }));
  t.like(less.json.lines[0], { quantity: 3, unitPriceMinor: 1000 });
  t.is((await service.call('DELETE', linePath(one.id), as(customer))).json.lines.length, 0);
  t.is((await service.call('GET', '/health')).json.status, 'ok');
});

test('without PostgreSQL carts go on; coupons and quotes wait', async (t) => {
  const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
  t.teardown(() => databases.close());
  const service = await startCart(t, { ...stores, databases });
  const { id } = await anArticle(service);
  const guest = await aGuest(service);
  await databases.server.stop();
  expect(await service.call('PUT', linePath(id), asGuest(guest, { body: { quantity: 1 } })), 200);
  t.is((await service.call('GET', current, asGuest(guest))).status, 200);
  t.is((await service.call('POST', `${current}/quote`, asGuest(guest))).status, 503);
  t.is((await service.call('POST', `${current}/coupons`, asGuest(guest, { body: { code: 'ANY' } }))).status, 503);
  const isDegraded = async () => (await service.call('GET', '/health')).json.checks.postgres === 'failed';
  await waitFor('the health tells', isDegraded, patient);
  t.is((await service.call('GET', '/health')).status, 200, 'it is not taken out of service');
  await databases.server.start();
  const isBack = async () => (await service.call('POST', `${current}/quote`, asGuest(guest))).status === 201;
  await waitFor('quotes are back', isBack, patient);
});

/** An inventory that answers what the test wants: the real one cannot be made to fail on demand. */
async function startInventory(t: ExecutionContext, answer: () => unknown) {
  let calls = 0;
  const server = createServer((_, response) => {
    calls += 1;
    const body = answer();
    if (body === undefined) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls }; // it listens on TCP
}

test('what the inventory says is out of stock does not get in; what it does not say does', async (t) => {
  let answer: unknown = { items: [] };
  const inventory = await startInventory(t, () => answer);
  const service = await startCart(t, stores, {
    APP_UPSTREAM_INVENTORY: inventory.url,
    APP_INVENTORY_TIMEOUT_MS: '10000',
  });
  const article = await anArticle(service);
  const customer = aCustomer();
  const put = (quantity = 2) => service.call('PUT', linePath(article.id), as(customer, { body: { quantity } }));
  const { sku } = article;
  const cases: readonly (readonly [unknown, number])[] = [
    [{ items: [{ sku, availability: 'out-of-stock' }] }, 409],
    [{ items: [{ sku, availability: 'low-stock', availableToPromise: 1 }] }, 409],
    [{ items: [{ sku, availability: 'low-stock', availableToPromise: 2 }] }, 200],
    [{ items: [{ sku, availability: 'low-stock' }] }, 200],
    [{ items: [{ sku: 'OTHER', availability: 'out-of-stock' }] }, 200],
    [{ something: 'else' }, 200],
  ];
  for (const [body, status] of cases) {
    answer = body;
    const result = await put();
    t.is(result.status, status, JSON.stringify(body));
    if (status === 409) t.is(result.json.code, 'out-of-stock');
  }
  const before = inventory.calls();
  await service.call('DELETE', linePath(article.id), as(customer));
  t.is(inventory.calls(), before, 'nobody asks whether something may be put back');
});

test('an inventory that is silent is asked once, and then left alone for a while', async (t) => {
  const inventory = await startInventory(t, () => undefined);
  const service = await startCart(t, stores, {
    APP_UPSTREAM_INVENTORY: inventory.url,
    APP_INVENTORY_TIMEOUT_MS: '200',
  });
  const { id } = await anArticle(service);
  const customer = aCustomer();
  const add = () => service.call('PATCH', linePath(id), as(customer, { body: { add: 1 } }));
  expect(await add(), 200);
  const answers = await Promise.all(Array.from({ length: 10 }, add));
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  t.true(inventory.calls() < 11);
});

test('many readers of one cart ask the product service once in a while, and not each time', async (t) => {
  const service = await startCart(t, stores);
  const { id } = await anArticle(service);
  const customer = aCustomer();
  await service.call('PUT', linePath(id), as(customer, { body: { quantity: 1 } }));
  await changeArticle(service, id, { title: 'Other' });
  for (let index = 0; index < 20; index += 1) await service.call('GET', current, as(customer));
  const lines = (await (await fetch(`${service.adminUrl}/metrics`)).text()).split('\n');
  const counts = (name: string) => lines.filter((line) => line.startsWith(`${name}_count{`));
  const [calls = '', ...others] = counts('neighbour_request_duration_seconds');
  t.deepEqual([calls.split(' ')[1], others], ['1', []]);
  const statements = counts('db_query_duration_seconds').map((line) => /statement="(\w+)"/.exec(line)?.[1]);
  t.deepEqual(
    statements.filter((name) => !/^(ping|newest_migration|outbox_.*)$/.test(name ?? '')),
    [],
    'a cart costs no SQL',
  );
});
