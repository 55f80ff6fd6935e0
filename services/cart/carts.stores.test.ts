import test from 'ava';
import { startUnderTest } from '#chassis/testing/service-under-test.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { cartService } from './service.ts';
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

test('a guest gets a secret once; the cart is opened by it and by nothing else', async (t) => {
  const service = await startCart(t, stores);
  const created = await service.call('POST', '/api/v1/carts', { body: {} });
  t.is(created.status, 201);
  const token = created.headers.get('x-cart-token') ?? '';
  t.regex(token, /^[A-Za-z0-9_-]{22}$/);
  const cookie = created.headers.get('set-cookie') ?? '';
  for (const part of [`__Host-cart=${token}`, 'HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/'])
    t.true(cookie.includes(part), part);
  const path = `/api/v1/carts/${created.json.id}`;
  t.is(created.headers.get('location'), path);
  t.like(created.json, { kind: 'guest', currency: 'EUR', lines: [], totals: { totalMinor: 0 } });
  t.false(created.text.includes(token));
  t.is((await service.call('GET', path)).status, 404, 'the id alone opens nothing');
  t.is((await service.call('GET', path, asGuest({ token: 'A'.repeat(22) }))).status, 404);
  t.is((await service.call('GET', path, asGuest({ token }))).json.id, created.json.id);
  t.is((await service.call('GET', current, { headers: { cookie: `__Host-cart=${token}` } })).json.id, created.json.id);
  const again = await service.call('POST', '/api/v1/carts', asGuest({ token }, { body: { currency: 'USD' } }));
  t.like(again.json, { id: created.json.id, currency: 'USD' });
  t.is(again.status, 200);
  const chosen = await service.call('POST', '/api/v1/carts', asGuest({ token: 'B'.repeat(22) }, { body: {} }));
  t.not(chosen.headers.get('x-cart-token'), 'B'.repeat(22), 'nobody chooses a secret');
  t.false(JSON.stringify(service.logs).includes(token));
});

test('one and twenty adds at once are 21, whoever makes them and by which replica', async (t) => {
  const service = await startCart(t, stores);
  const replica = await startUnderTest(t, cartService, service.environment);
  const isReady = async () => (await replica.call('GET', '/health')).status === 200;
  await waitFor('the replica is ready', isReady, { timeoutMs: 30_000 });
  const { id } = await anArticle(service);
  const guest = await aGuest(service);
  const customer = aCustomer();
  for (const caller of [asGuest(guest, { body: { add: 1 } }), as(customer, { body: { add: 1 } })]) {
    expect(await service.call('PATCH', linePath(id), caller), 200);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? service : replica).call('PATCH', linePath(id), caller),
      ),
    );
    t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    const cart = (await service.call('GET', current, { ...caller, body: undefined })).json;
    t.is(cart.lines[0].quantity, 21);
    t.is(cart.totals.totalMinor, 21_000);
    t.is(new Set(answers.map(({ json }) => json.version)).size, 20, 'each saw a state of its own');
  }
});

test('an account has one cart, which begins with its first article', async (t) => {
  const service = await startCart(t, stores);
  const [one, two] = [await anArticle(service, 1999), await anArticle(service, 501)];
  const customer = aCustomer();
  t.is((await service.call('GET', current, as(customer))).json.code, 'not-found');
  const first = expect(await service.call('PUT', linePath(one.id), as(customer, { body: { quantity: 3 } })), 200).json;
  t.like(first, { kind: 'user', version: 1, currency: 'EUR' });
  t.like(first.lines[0], { sku: one.sku, quantity: 3, unitPriceMinor: 1999, state: 'available', totalMinor: 5997 });
  const opened = await service.call('POST', '/api/v1/carts', as(customer, { body: {} }));
  t.deepEqual([opened.status, opened.json.id], [200, first.id]);
  t.is(opened.headers.get('x-cart-token'), null);
  await service.call('PATCH', linePath(two.id, first.id), as(customer, { body: { add: 2 } }));
  const less = await service.call('PATCH', linePath(one.id, first.id), as(customer, { body: { add: -1 } }));
  t.deepEqual(
    less.json.lines.map((line: { quantity: number }) => line.quantity),
    [2, 2],
    'in the order of adding',
  );
  const gone = await service.call('PATCH', linePath(two.id), as(customer, { body: { add: -5 } }));
  t.is(gone.json.lines.length, 1);
  const empty = await service.call('DELETE', linePath(one.id), as(customer));
  t.like(empty.json, { id: first.id, lines: [], totals: { totalMinor: 0, shippingMinor: 0 } });
  const repeated = await service.call('DELETE', linePath(one.id), as(customer));
  t.deepEqual([repeated.status, repeated.json.version], [200, empty.json.version], 'what is out is out');
  const dollars = await service.call('POST', '/api/v1/carts', as(customer, { body: { currency: 'USD' } }));
  t.is(dollars.json.currency, 'USD');
});

test('the same change sent twice with one key is made once; a cart remembers the last sixteen', async (t) => {
  const service = await startCart(t, stores);
  const [one, two] = [await anArticle(service), await anArticle(service)];
  const customer = aCustomer();
  const add = (id: string, key: string) =>
    service.call('PATCH', linePath(id), as(customer, { body: { add: 1 }, headers: { 'idempotency-key': key } }));
  await Promise.all(Array.from({ length: 10 }, () => add(one.id, 'first')));
  t.is((await add(one.id, 'second')).json.lines[0].quantity, 2);
  t.is((await add(two.id, 'first')).json.lines.length, 2, 'the key belongs to the change');
  for (let index = 0; index < 13; index += 1) await add(one.id, `key-${index}`);
  t.is((await add(one.id, 'first')).json.lines[0].quantity, 15);
  await add(one.id, 'key-13');
  t.is((await add(one.id, 'first')).json.lines[0].quantity, 17, 'the seventeenth change before is forgotten');
});

test('quantities are whole and 1 to 99, a cart has 100 lines, and a full one is small', async (t) => {
  const service = await startCart(t, stores);
  const articles = await Promise.all(Array.from({ length: 101 }, () => anArticle(service)));
  const [first] = articles;
  const customer = aCustomer();
  const put = (id: string, quantity: unknown) =>
    service.call('PUT', linePath(id), as(customer, { body: { quantity } }));
  for (const quantity of [0, -1, 1.5, 100, 1e9, 2 ** 53 + 1, '1', 'NaN', null, [1]])
    t.is((await put(first?.id ?? '', quantity)).json.code, 'validation-failed', String(quantity));
  for (const add of [0, 1.5, 100, -100, '1'])
    t.is((await service.call('PATCH', linePath(first?.id ?? ''), as(customer, { body: { add } }))).status, 422);
  for (const { id } of articles.slice(0, 100)) expect(await put(id, 99), 200);
  t.is((await put(articles[100]?.id ?? '', 1)).json.code, 'cart-limit-reached');
  const more = await service.call('PATCH', linePath(first?.id ?? ''), as(customer, { body: { add: 1 } }));
  t.is(more.json.code, 'cart-limit-reached');
  const cart = (await service.call('GET', current, as(customer))).json;
  t.deepEqual([cart.lines.length, cart.totals.totalMinor], [100, 9_900_000]);
  const redis = await openTestRedis(t, stores);
  const size = JSON.stringify(await redis.hgetall(`cart:{u:${customer.id}}`)).length;
  t.true(size < 65_536, `${size} bytes`);
  t.log(`a full cart has ${size} bytes in Redis`);
});

test('a line that costs more than the shop can sell is refused, and the sum stays exact', async (t) => {
  const service = await startCart(t, stores);
  const dear = await anArticle(service, 1_000_000_000_000);
  const customer = aCustomer();
  const put = (quantity: number) => service.call('PUT', linePath(dear.id), as(customer, { body: { quantity } }));
  t.is((await put(2)).json.code, 'cart-limit-reached');
  t.is((await put(1)).json.totals.totalMinor, 1_000_000_000_000);
});

test('what is not for sale, not there, or has no price in the currency does not get in', async (t) => {
  const service = await startCart(t, stores);
  const [draft, euro] = [await anArticle(service, 1000, { status: 'draft' }), await anArticle(service)];
  const guest = await aGuest(service, { currency: 'JPY' });
  const put = (id: string) => service.call('PUT', linePath(id), asGuest(guest, { body: { quantity: 1 } }));
  for (const id of [draft.id, euro.id, '01a20792-7531-7b89-86c5-c73c7e30f850'])
    t.is((await put(id)).json.code, 'variant-unavailable');
  t.is((await service.call('GET', current, asGuest(guest))).json.lines.length, 0);
});

test('a price that moved is shown at once, with the one before, and what is gone is not counted', async (t) => {
  const service = await startCart(t, stores, { APP_OFFER_CACHE_S: '1' });
  const [one, two] = [await anArticle(service, 1000), await anArticle(service, 500)];
  const customer = aCustomer();
  for (const { id } of [one, two])
    expect(await service.call('PUT', linePath(id.toUpperCase()), as(customer, { body: { quantity: 2 } })), 200);
  await changeArticle(service, one.id, { prices: [{ currency: 'EUR', amountMinor: 1200 }] });
  await changeArticle(service, two.id, { status: 'archived' });
  const read = async () => (await service.call('GET', current, as(customer))).json;
  await waitFor('the cache lets go', async () => (await read()).lines[0].unitPriceMinor === 1200, {
    timeoutMs: 20_000,
  });
  await waitFor('of both', async () => (await read()).lines[1].state === 'unavailable', { timeoutMs: 20_000 });
  const cart = await read();
  t.like(cart.lines[0], { unitPriceMinor: 1200, previousUnitPriceMinor: 1000, state: 'available', totalMinor: 2400 });
  t.like(cart.lines[1], { unitPriceMinor: 500, totalMinor: 0 });
  t.is(cart.totals.totalMinor, 2400);
  t.is(cart.version, 2, 'to look changes nothing');
  const seen = await service.call('PUT', linePath(one.id), as(customer, { body: { quantity: 3 } }));
  t.like(seen.json.lines[0], { unitPriceMinor: 1200, previousUnitPriceMinor: null });
});

test('carts of guests live for 30 days, empty ones for 6 hours, those of accounts for 90 days, from the last change', async (t) => {
  const service = await startCart(t, stores);
  const redis = await openTestRedis(t, stores);
  const { id } = await anArticle(service);
  const [guest, customer] = [await aGuest(service), aCustomer()];
  const guestKey = `cart:{g:${guest.cartId}}`;
  const hours = async (key: string) => Math.ceil((await redis.pttl(key)) / 3_600_000);
  t.is(await hours(guestKey), 6);
  await service.call('PUT', linePath(id), asGuest(guest, { body: { quantity: 1 } }));
  t.is(await hours(guestKey), 30 * 24);
  const added = await service.call('PUT', linePath(id), as(customer, { body: { quantity: 1 } }));
  const userKey = `cart:{u:${customer.id}}`;
  t.is(await hours(userKey), 90 * 24);
  t.is(Date.parse(added.json.expiresAt) - Date.parse(added.json.updatedAt), 90 * 86_400_000);
  for (const key of [guestKey, userKey]) await redis.pexpire(key, 60_000);
  await service.call('GET', current, as(customer));
  t.is(await hours(userKey), 1, 'to look keeps nothing alive');
  await service.call('PATCH', linePath(id), as(customer, { body: { add: 1 } }));
  await service.call('PUT', linePath(id), asGuest(guest, { body: { quantity: 1 } }));
  t.deepEqual([await hours(userKey), await hours(guestKey)], [90 * 24, 30 * 24], 'a change does, also one to the same');
});

test('tax and shipping are in the totals', async (t) => {
  const charges = { APP_TAX_RATE_BASIS_POINTS: '1900', APP_SHIPPING_FEES: 'EUR:490,USD:590' };
  const service = await startCart(t, stores, charges);
  const { id } = await anArticle(service, 1999);
  const cart = (await service.call('PUT', linePath(id), as(aCustomer(), { body: { quantity: 2 } }))).json;
  t.deepEqual(cart.totals, {
    currency: 'EUR',
    subtotalMinor: 3998,
    discountMinor: 0,
    shippingMinor: 490,
    // 759.62 and 93.1, each rounded by itself.
    taxMinor: 853,
    totalMinor: 5341,
  });
});

test('a body of more than 64 KiB is refused unread, also without a length, and changes nothing', async (t) => {
  const service = await startCart(t, stores);
  const guest = await aGuest(service);
  const headers = { 'content-type': 'application/json', 'x-cart-token': guest.token };
  const put = (bytes: string) => service.call('POST', '/api/v1/carts', { bytes, headers });
  const padded = (size: number) => '{"currency":"USD"}'.padEnd(size, ' ');
  t.is((await put(padded(65_537))).json.code, 'payload-too-large');
  const body = ReadableStream.from([Buffer.from(padded(40_000)), Buffer.from(padded(40_000))]);
  const inPieces = await fetch(`${service.url}/api/v1/carts`, { method: 'POST', headers, body, duplex: 'half' });
  t.is(inPieces.status, 413);
  t.is((await service.call('GET', current, asGuest(guest))).json.currency, 'EUR');
  t.is((await put(padded(65_536))).json.currency, 'USD');
});
