import { randomUUID } from 'node:crypto';
import test from 'ava';
import {
  aCoupon,
  aCustomer,
  aGuest,
  anArticle,
  as,
  asGuest,
  type CartUnderTest,
  expect,
  linePath,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

/** Transactions that wait for each other open twenty connections at once, which takes a busy machine its time. */
const patient = { APP_POSTGRES_CONNECT_TIMEOUT_MS: '30000' };

const current = '/api/v1/carts/current';
const coupons = '/api/v1/coupons';
const redemptions = '/internal/v1/coupon-redemptions';
const order = { roles: ['service'], subject: 'order' } as const;
const admin = { roles: ['admin'] } as const;

const redeem = (
  service: CartUnderTest,
  codes: readonly string[],
  { orderId = randomUUID(), userId = null }: { readonly orderId?: string; readonly userId?: string | null } = {},
) => service.call('POST', redemptions, { ...order, body: { orderId, userId, codes } });

const use = (service: CartUnderTest, person: { readonly id: string }, code: string, address = '198.51.100.1') =>
  service.call('POST', `${current}/coupons`, as(person, { body: { code }, headers: { 'x-forwarded-for': address } }));

async function aFilledCart(service: CartUnderTest, amountMinor = 10_000) {
  const customer = aCustomer();
  const { id } = await anArticle(service, amountMinor);
  expect(await service.call('PUT', linePath(id), as(customer, { body: { quantity: 1 } })), 200);
  return customer;
}

test('percent, a fixed amount and free shipping, put in and taken out', async (t) => {
  const service = await startCart(t, stores, { APP_SHIPPING_FEES: 'EUR:500' });
  const percent = await aCoupon(service, { value: 1250 });
  const fixed = await aCoupon(service, { kind: 'fixed', value: 300, currency: 'EUR' });
  const free = await aCoupon(service, { kind: 'free-shipping', value: 0 });
  const customer = await aFilledCart(service);
  for (const { code } of [percent, fixed, free]) expect(await use(service, customer, code.toLowerCase()), 200);
  const cart = (await service.call('GET', current, as(customer))).json;
  const discounts = new Map(
    cart.coupons.map((one: { code: string; discountMinor: number }) => [one.code, one.discountMinor]),
  );
  t.deepEqual([discounts.get(percent.code), discounts.get(fixed.code), discounts.get(free.code)], [1250, 300, 500]);
  t.like(cart.totals, { subtotalMinor: 10_000, shippingMinor: 500, discountMinor: 2050, totalMinor: 8450 });
  const again = expect(await use(service, customer, percent.code), 200).json;
  t.deepEqual([again.version, again.coupons.length], [cart.version, 3]);
  t.is((await use(service, customer, (await aCoupon(service)).code)).json.code, 'cart-limit-reached');
  const without = await service.call('DELETE', `${current}/coupons/${percent.code.toLowerCase()}`, as(customer));
  t.is(without.json.totals.totalMinor, 9700);
});

test('a coupon has conditions: its window, its currency, a least spend, its limits', async (t) => {
  const service = await startCart(t, stores, patient);
  const customer = await aFilledCart(service, 4999);
  const [past, future] = ['2020-01-01T00:00:00.000Z', '2120-01-01T00:00:00.000Z'];
  const cases: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ startsAt: future }, /not valid yet/],
    [{ startsAt: '2019-01-01T00:00:00.000Z', endsAt: past }, /has ended/],
    [{ minimumSpendMinor: 5000, currency: 'EUR' }, /at least 5000/],
    [{ kind: 'fixed', value: 1, currency: 'USD' }, /carts in USD/],
  ];
  for (const [changes, reason] of cases) {
    const refused = await use(service, customer, (await aCoupon(service, changes)).code);
    t.is(refused.json.code, 'coupon-not-applicable');
    t.regex(refused.json.detail, reason);
  }
  const { id: other } = await anArticle(service, 1);
  const spend = await aCoupon(service, { minimumSpendMinor: 5000, currency: 'EUR' });
  expect(await service.call('PUT', linePath(other), as(customer, { body: { quantity: 1 } })), 200);
  t.is(expect(await use(service, customer, spend.code), 200).json.totals.discountMinor, 500);
  const less = await service.call('DELETE', linePath(other), as(customer));
  t.is(less.json.totals.discountMinor, 0, 'the condition is looked at each time');
  t.regex(less.json.coupons[0].obstacle, /at least 5000/);
  const once = await aCoupon(service, { maximumUsesPerUser: 1 });
  expect(await redeem(service, [once.code], { userId: customer.id }), 200);
  t.regex((await use(service, customer, once.code)).json.detail, /as often as allowed/);
  t.is((await use(service, await aFilledCart(service), once.code)).status, 200);
});

test('fifty callers at once for ten uses: ten have one, and the count is right', async (t) => {
  const service = await startCart(t, stores, patient);
  const coupon = await aCoupon(service, { maximumUses: 10 });
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => redeem(service, [coupon.code], { userId: randomUUID() })),
  );
  t.is(answers.filter(({ status }) => status === 200).length, 10);
  t.deepEqual(
    new Set(answers.filter(({ status }) => status !== 200).map(({ json }) => json.code)),
    new Set(['coupon-exhausted']),
  );
  t.is((await service.call('GET', `${coupons}/${coupon.id}`, admin)).json.used, 10);
  const [{ count }] = await service.query('select count(*)::int as count from coupon_redemptions');
  t.is(count, 10, 'what was refused left nothing');
});

test('twenty orders of one customer at once for two uses each: two have one', async (t) => {
  const service = await startCart(t, stores, patient);
  const coupon = await aCoupon(service, { maximumUses: 100, maximumUsesPerUser: 2 });
  const userId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(service, [coupon.code], { userId })));
  t.is(answers.filter(({ status }) => status === 200).length, 2);
  t.is((await service.call('GET', `${coupons}/${coupon.id}`, admin)).json.used, 2);
  t.is((await redeem(service, [coupon.code], { userId: randomUUID() })).status, 200);
});

test('one order takes a coupon once, however often and in which order it asks', async (t) => {
  const service = await startCart(t, stores, patient);
  const [a, b] = [await aCoupon(service), await aCoupon(service)];
  const orderId = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      redeem(service, index % 2 === 0 ? [a.code, b.code] : [b.code, a.code], { orderId }),
    ),
  );
  const warnings = service.logs.filter(({ level }) => level === 'warn');
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]), JSON.stringify(warnings));
  t.is(answers.filter(({ json }) => json.state === 'redeemed').length, 1);
  for (const { id } of [a, b]) t.is((await service.call('GET', `${coupons}/${id}`, admin)).json.used, 1);
});

test('all coupons of an order or none, and what is given back can be used by others', async (t) => {
  const service = await startCart(t, stores, patient);
  const [last, plenty] = [await aCoupon(service, { maximumUses: 1 }), await aCoupon(service)];
  const [first, second] = [randomUUID(), randomUUID()];
  const userId = randomUUID();
  const codes = [last.code, plenty.code];
  const used = async () => (await service.query('select code, used from coupons order by code')).map((row) => row.used);
  expect(await redeem(service, codes, { orderId: first, userId }), 200);
  t.is((await redeem(service, codes, { orderId: second })).json.code, 'coupon-exhausted');
  t.deepEqual(await used(), [1, 1]);
  const release = (orderId: string) => service.call('DELETE', `${redemptions}/${orderId}`, order);
  const released = await Promise.all([release(first), release(first), release(first)]);
  t.deepEqual(released.map(({ json }) => json.released).toSorted(), [0, 0, 2]);
  t.deepEqual(await used(), [0, 0]);
  t.is((await redeem(service, codes, { orderId: first, userId })).json.code, 'coupon-exhausted', 'that order is over');
  t.is((await redeem(service, codes, { orderId: second })).json.state, 'redeemed');
  const late = randomUUID();
  expect(await release(late), 200);
  t.is((await redeem(service, codes, { orderId: late })).json.code, 'coupon-exhausted', 'released before it came');
  t.is((await redeem(service, ['NO-SUCH'])).json.code, 'coupon-not-applicable');
  await t.throwsAsync(service.query('update coupons set used = 2 where maximum_uses = 1'), {
    message: /used_within_limit/,
  });
});

test('the staff make and change coupons; what one gives stays', async (t) => {
  const service = await startCart(t, stores, patient);
  const body = { code: 'summer-25', kind: 'percent', value: 2500, maximumUses: 5 };
  const created = expect(await service.call('POST', coupons, { ...admin, body }), 201);
  t.like(created.json, { code: 'SUMMER-25', used: 0, isActive: true, currency: null, version: 1 });
  t.is(
    (await service.call('POST', coupons, { ...admin, body: { ...body, code: 'Summer-25' } })).json.code,
    'coupon-code-taken',
  );
  for (const bad of [
    { value: 0 },
    { value: 10_001 },
    { value: 1.5 },
    { kind: 'fixed', value: 100 },
    { kind: 'free-shipping' },
    { minimumSpendMinor: 100 },
    { startsAt: '2030-01-01T00:00:00Z', endsAt: '2029-01-01T00:00:00Z' },
    { maximumUses: 0 },
    { used: 3 },
  ])
    t.is(
      (await service.call('POST', coupons, { ...admin, body: { ...body, code: 'OTHER', ...bad } })).json.code,
      'validation-failed',
      JSON.stringify(bad),
    );
  expect(await redeem(service, ['SUMMER-25']), 200);
  expect(await redeem(service, ['SUMMER-25']), 200);
  const path = `${coupons}/${created.json.id}`;
  const patch = (changes: unknown, tag = '*') =>
    service.call('PATCH', path, { ...admin, headers: { 'if-match': tag }, body: changes });
  t.is((await patch({ maximumUses: 1 })).json.code, 'validation-failed', 'two were used');
  t.is((await patch({ value: 1 })).json.code, 'validation-failed');
  t.is((await patch({ isActive: false }, '"v7"')).json.code, 'precondition-failed');
  const changed = await patch({ maximumUses: null, endsAt: '2120-01-01T00:00:00Z' }, '"v1"');
  t.like(changed.json, { maximumUses: null, endsAt: '2120-01-01T00:00:00.000Z', version: 2, used: 2 });
  expect(await patch({ isActive: false }), 200);
  t.is((await redeem(service, ['SUMMER-25'])).json.code, 'coupon-exhausted');
  for (let index = 0; index < 4; index += 1) await aCoupon(service);
  const page = await service.call('GET', `${coupons}?limit=3`, { roles: ['support'] });
  const rest = await service.call('GET', `${coupons}?limit=3&cursor=${page.json.nextCursor}`, admin);
  t.deepEqual([page.json.items.length, rest.json.items.length, rest.json.nextCursor], [3, 2, null]);
  t.is((await service.call('GET', `${coupons}?isActive=false`, admin)).json.items.length, 1);
});

test('whoever guesses codes waits; others do not', async (t) => {
  const service = await startCart(t, stores, { APP_COUPON_GUESSES: '5' });
  const customer = await aFilledCart(service);
  const coupon = await aCoupon(service);
  const hidden = await aCoupon(service, { isActive: false });
  const guess = (code: string) => use(service, customer, code, '198.51.100.77');
  t.is((await guess(hidden.code)).json.detail, `there is no coupon ${hidden.code}`, 'one that is off is none');
  for (let index = 0; index < 4; index += 1) t.is((await guess(`GUESS-${index}`)).status, 422);
  const refused = await guess(coupon.code);
  t.is(refused.json.code, 'too-many-requests');
  t.true(Number(refused.headers.get('retry-after')) > 500);
  t.is((await use(service, customer, coupon.code, '198.51.100.78')).status, 200);
});

test('a guest uses coupons, too, and an empty cart none with a least spend', async (t) => {
  const service = await startCart(t, stores, patient);
  const guest = await aGuest(service);
  const coupon = await aCoupon(service);
  const spend = await aCoupon(service, { minimumSpendMinor: 1, currency: 'EUR' });
  const add = (code: string) => service.call('POST', `${current}/coupons`, asGuest(guest, { body: { code } }));
  t.is((await add(spend.code)).status, 422);
  t.is((await add(coupon.code)).status, 200);
  const { id } = await anArticle(service, 5);
  const cart = await service.call('PUT', linePath(id), asGuest(guest, { body: { quantity: 1 } }));
  t.is(cart.json.totals.discountMinor, 0, '0.5 goes to the even neighbour');
});

test('an order that is taken and given back at the same moment keeps nothing', async (t) => {
  const service = await startCart(t, stores, patient);
  const coupon = await aCoupon(service);
  const orders = Array.from({ length: 15 }, () => randomUUID());
  await Promise.all(
    orders.flatMap((orderId) => [
      redeem(service, [coupon.code], { orderId, userId: randomUUID() }),
      service.call('DELETE', `${redemptions}/${orderId}`, order),
      redeem(service, [coupon.code], { orderId, userId: randomUUID() }),
    ]),
  );
  t.is((await service.call('GET', `${coupons}/${coupon.id}`, admin)).json.used, 0);
  const [{ sum }] = await service.query('select coalesce(sum(used), 0)::int as sum from coupon_users');
  t.is(sum, 0);
});
