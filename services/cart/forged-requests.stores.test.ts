import test from 'ava';
import { cartService } from './service.ts';
import {
  aCoupon,
  aCustomer,
  aGuest,
  anArticle,
  as,
  expect,
  openTestRedis,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

/** Whatever a guest may change. */
const changes = cartService.routes
  .map(({ declaration }) => declaration)
  .filter(({ access, method }) => access === 'public' && method !== 'GET');
const bodies: Readonly<Record<string, unknown>> = {
  createCart: { currency: 'USD' },
  setCartLine: { quantity: 5 },
  addToCartLine: { add: 1 },
  addCartCoupon: { code: 'FOR-ALL' },
};
const host = { 'x-forwarded-host': 'shop.example' };
/** As a browser describes a request that a page of somebody else’s has made. */
const forged = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.example' },
  { 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' },
  { origin: 'https://attacker.example' },
  { origin: 'https://shop.example.attacker.example' },
  { origin: 'https://shop.example:8443' },
  { origin: 'null' },
];
const own = [
  { 'sec-fetch-site': 'same-origin', origin: 'https://shop.example' },
  { 'sec-fetch-site': 'none' },
  { origin: 'https://shop.example' },
  {},
];

for (const { operationId, method, path } of changes) {
  test.serial(`${operationId}: a page of another origin changes nothing by the cookie`, async (t) => {
    const service = await startCart(t, stores);
    const redis = await openTestRedis(t, stores);
    const article = await anArticle(service);
    await aCoupon(service, { code: 'FOR-ALL' });
    const { token, cartId } = await aGuest(service);
    const url = path.replace('{cartId}', 'current').replace('{variantId}', article.id).replace('{code}', 'FOR-ALL');
    const send = (headers: Readonly<Record<string, string>>) =>
      service.call(method, url, {
        headers: { ...host, ...headers },
        ...(operationId in bodies ? { body: bodies[operationId] } : {}),
      });
    const cookie = `__Host-cart=${token}`;
    const line = `/api/v1/carts/current/items/${article.id}`;
    expect(await service.call('PUT', line, { headers: { cookie }, body: { quantity: 2 } }), 200);
    const before = JSON.stringify(await redis.hgetall(`cart:{g:${cartId}}`));
    for (const headers of forged) {
      const answer = await send({ cookie, ...headers });
      t.deepEqual([answer.status, answer.json.code], [403, 'forbidden'], JSON.stringify(headers));
    }
    t.is(JSON.stringify(await redis.hgetall(`cart:{g:${cartId}}`)), before);
    t.is((await service.query('select from quotes')).length, 0);
    for (const headers of own) t.true((await send({ cookie, ...headers })).status < 300, JSON.stringify(headers));
    // Such a page does not know the secret: who sends it in the header is no forger.
    for (const headers of forged)
      t.true((await send({ cookie, 'x-cart-token': token, ...headers })).status < 300, JSON.stringify(headers));
  });
}

test.serial('reading by the cookie is for the browser to guard, and an access token needs no guard', async (t) => {
  const service = await startCart(t, stores);
  const { token } = await aGuest(service);
  const headers = { ...host, cookie: `__Host-cart=${token}`, 'sec-fetch-site': 'cross-site' };
  t.is((await service.call('GET', '/api/v1/carts/current', { headers })).status, 200);
  t.is((await service.call('POST', '/api/v1/carts', as(aCustomer(), { body: {}, headers }))).status, 201);
  t.is((await service.call('POST', '/api/v1/carts/current/merge', as(aCustomer(), { body: {}, headers }))).status, 200);
  const { cookie: _cookie, ...without } = headers;
  t.is((await service.call('POST', '/api/v1/carts', { body: {}, headers: without })).status, 201, 'no cart to forge');
});
