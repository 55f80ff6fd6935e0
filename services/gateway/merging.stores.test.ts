import { generateKeyPairSync, randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { startProcess } from '#chassis/testing/service-process.ts';
import type { Answer, ServiceUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { anAccessToken, redisEnvironment, startGateway } from './testing/gateway-under-test.ts';

const migrationsOf = (service: string) => new URL(`../${service}/migrations/`, import.meta.url);
const [user, product, cart, redis] = await Promise.all([
  startTestDatabases(migrationsOf('user')),
  startTestDatabases(migrationsOf('product')),
  startTestDatabases(migrationsOf('cart')),
  startRedisCluster(),
]);
test.after.always(() => Promise.all([user, product, cart, redis].map((server) => server.close())));

const carts = '/api/v1/carts';
const current = `${carts}/current`;

/** As processes: services know each other's addresses, not their code. */
async function startShop(t: ExecutionContext): Promise<ServiceUnderTest> {
  const main = (service: string) => new URL(`../${service}/main.ts`, import.meta.url);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const users = await startProcess(t, main('user'), {
    ...(await user.create()),
    APP_IDENTITY_SIGNING_KEYS: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    APP_IDENTITY_PUBLISH_AHEAD_MS: '0',
    APP_PERSONAL_DATA_KEYS: randomBytes(32).toString('base64url'),
    APP_EMAIL_VERIFICATION: 'off',
  });
  const products = await startProcess(t, main('product'), await product.create());
  const cartService = await startProcess(t, main('cart'), {
    ...(await cart.create()),
    ...redisEnvironment(redis),
    APP_UPSTREAM_PRODUCT: products.url,
    // A busy test machine is no outage.
    APP_REDIS_COMMAND_TIMEOUT_MS: '10000',
    APP_PRODUCT_TIMEOUT_MS: '10000',
  });
  const upstreams = {
    APP_UPSTREAM_USER: users.url,
    APP_UPSTREAM_PRODUCT: products.url,
    APP_UPSTREAM_CART: cartService.url,
    APP_RATE_LIMIT: 'off',
  };
  return startGateway(t, upstreams, redis);
}

const expect = (answer: Answer, status: number) => {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text}`);
  return answer;
};

/** Somebody who has registered and signed in, as the headers that say so. */
async function aCustomer(shop: ServiceUnderTest, email: string): Promise<{ readonly authorization: string }> {
  const body = { email, password: 'correct horse battery staple' };
  expect(await shop.call('POST', '/api/v1/users', { body }), 202);
  const { accessToken } = expect(await shop.call('POST', '/api/v1/auth/login', { body }), 200).json;
  const headers = { authorization: `Bearer ${accessToken}` };
  const isKnown = async () => (await shop.call('GET', '/api/v1/me', { headers })).status === 200;
  await waitFor('the gateway knows the key', isKnown, { timeoutMs: 30_000 });
  return headers;
}

async function anArticle(shop: ServiceUnderTest, slug: string): Promise<string> {
  const headers = { authorization: `Bearer ${await anAccessToken(['catalog-manager'])}` };
  const prices = [{ currency: 'EUR', amountMinor: 1000 }];
  const body = { slug, title: slug, status: 'active', sku: slug, prices };
  return expect(await shop.call('POST', '/api/v1/products', { headers, body }), 201).json.id;
}

test('what a guest has collected is in the cart of who signs in, once, and nobody else gets it', async (t) => {
  const shop = await startShop(t);
  const [mug, lamp, chair] = [
    await anArticle(shop, 'mug'),
    await anArticle(shop, 'lamp'),
    await anArticle(shop, 'chair'),
  ];
  const put = async (headers: Readonly<Record<string, string>>, id: string, quantity: number) =>
    expect(await shop.call('PUT', `${current}/items/${id}`, { headers, body: { quantity } }), 200);
  const quantities = ({ json }: Pick<Answer, 'json'>) =>
    Object.fromEntries(
      json.lines.map((line: { productId: string; quantity: number }) => [line.productId, line.quantity]),
    );

  const created = expect(await shop.call('POST', carts, { body: {} }), 201);
  const [cookie = ''] = created.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  t.regex(cookie, /^__Host-cart=[\w-]{22}$/);
  await put({ cookie }, mug, 2);
  await put({ cookie }, lamp, 1);
  const ada = await aCustomer(shop, 'ada@example.org');
  const eve = await aCustomer(shop, 'eve@example.org');
  await put(ada, mug, 3);
  await put(ada, chair, 1);
  const before = await shop.call('GET', current, { headers: { cookie } });
  t.deepEqual(quantities(before), { [mug]: 2, [lamp]: 1 }, 'signing in alone moves nothing');

  const merge = (headers: Readonly<Record<string, string>>) =>
    shop.call('POST', `${current}/merge`, { headers: { cookie, ...headers }, body: {} });
  t.is((await merge({})).json.code, 'authentication-required');
  const merged = expect(await merge(ada), 200);
  const all = { [mug]: 5, [chair]: 1, [lamp]: 1 };
  t.deepEqual(quantities(merged), all);
  t.is(merged.json.totals.totalMinor, 7000);
  t.regex(merged.headers.getSetCookie().join(), /^__Host-cart=;.*Max-Age=0/, 'the browser forgets the secret');
  t.is((await shop.call('GET', current, { headers: { cookie } })).json.code, 'not-found');
  t.is((await shop.call('GET', `${carts}/${created.json.id}`, { headers: { cookie } })).json.code, 'not-found');

  const page = expect(await shop.call('GET', '/bff/checkout', { headers: { cookie, ...ada } }), 200).json;
  t.deepEqual([quantities({ json: page.cart }), page.addresses], [all, []], 'what she sees before she buys');

  const again = expect(await merge(ada), 200);
  t.deepEqual([quantities(again), again.json.version], [all, merged.json.version]);
  t.deepEqual(expect(await merge(eve), 200).json.lines, []);
  t.deepEqual(quantities(await shop.call('GET', current, { headers: ada })), all);
  const token = cookie.split('=')[1];
  const byToken = await shop.call('POST', `${current}/merge`, { headers: ada, body: { token } });
  t.deepEqual([quantities(byToken), byToken.json.version], [all, merged.json.version], 'nor by the token alone');
});
