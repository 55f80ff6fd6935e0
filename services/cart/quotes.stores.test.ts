import { randomUUID } from 'node:crypto';
import test from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import {
  aCoupon,
  aCustomer,
  aGuest,
  anArticle,
  as,
  asGuest,
  changeArticle,
  expect,
  linePath,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

const current = '/api/v1/carts/current';
const order = { roles: ['service'], subject: 'order' } as const;

test('a quote tells which price moved, once, and keeps the prices that it names', async (t) => {
  const service = await startCart(t, stores, { APP_TAX_RATE_BASIS_POINTS: '1900', APP_SHIPPING_FEES: 'EUR:490' });
  const [one, two] = [await anArticle(service, 1000), await anArticle(service, 500)];
  const customer = aCustomer();
  for (const { id } of [one, two]) await service.call('PUT', linePath(id), as(customer, { body: { quantity: 2 } }));
  const cart = (await service.call('GET', current, as(customer))).json;
  // The cached price is still the old one: a quote does not rely on it.
  await changeArticle(service, one.id, { prices: [{ currency: 'EUR', amountMinor: 1200 }] });
  const before = Date.now();
  const quote = expect(await service.call('POST', `/api/v1/carts/${cart.id}/quote`, as(customer)), 201).json;
  t.deepEqual(quote.priceChanges, [{ variantId: one.id, previousUnitPriceMinor: 1000, unitPriceMinor: 1200 }]);
  t.like(quote, { cartId: cart.id, cartVersion: cart.version });
  t.deepEqual(quote.totals, {
    currency: 'EUR',
    subtotalMinor: 3400,
    discountMinor: 0,
    shippingMinor: 490,
    taxMinor: 456 + 190 + 93,
    totalMinor: 4629,
  });
  const leftMs = Date.parse(quote.expiresAt) - before;
  t.true(leftMs > 800_000 && leftMs < 1_000_000, `${leftMs} ms`);
  t.deepEqual((await service.call('POST', `${current}/quote`, as(customer))).json.priceChanges, []);
  const seen = (await service.call('GET', current, as(customer))).json;
  t.like(seen.lines[0], { unitPriceMinor: 1200, previousUnitPriceMinor: null });
  await changeArticle(service, one.id, { prices: [{ currency: 'EUR', amountMinor: 9999 }] });
  const kept = (await service.call('GET', `/internal/v1/quotes/${quote.id}`, order)).json;
  t.deepEqual(kept, { ...quote, userId: customer.id });
});

test('what nobody can order gets no quote, and the lines at fault are named', async (t) => {
  const service = await startCart(t, stores);
  const [one, two] = [await anArticle(service), await anArticle(service)];
  const guest = await aGuest(service);
  const quote = () => service.call('POST', `${current}/quote`, asGuest(guest));
  t.is((await quote()).json.code, 'cart-not-orderable', 'it is empty');
  for (const { id } of [one, two]) await service.call('PUT', linePath(id), asGuest(guest, { body: { quantity: 1 } }));
  await changeArticle(service, two.id, { status: 'archived' });
  const refused = await quote();
  t.is(refused.json.code, 'cart-not-orderable');
  t.deepEqual(refused.json.errors, [{ pointer: `#/lines/${two.id}`, detail: 'is not for sale' }]);
  await service.call('DELETE', linePath(two.id), asGuest(guest));
  const fine = expect(await quote(), 201).json;
  t.is((await service.call('GET', `/internal/v1/quotes/${fine.id}`, order)).json.userId, null);
});

test('a coupon that was used up meanwhile is in the quote without a discount', async (t) => {
  const service = await startCart(t, stores);
  const coupon = await aCoupon(service, { maximumUses: 1 });
  const { id } = await anArticle(service, 1000);
  const customer = aCustomer();
  await service.call('PUT', linePath(id), as(customer, { body: { quantity: 1 } }));
  expect(await service.call('POST', `${current}/coupons`, as(customer, { body: { code: coupon.code } })), 200);
  const body = { orderId: randomUUID(), userId: null, codes: [coupon.code] };
  expect(await service.call('POST', '/internal/v1/coupon-redemptions', { ...order, body }), 200);
  const quote = expect(await service.call('POST', `${current}/quote`, as(customer)), 201).json;
  t.deepEqual(quote.coupons, [{ code: coupon.code, discountMinor: 0, obstacle: 'it is used up' }]);
  t.is(quote.totals.totalMinor, 1000);
});

test('a quote ends, and an ordered cart is empty under another id', async (t) => {
  const service = await startCart(t, stores, { APP_QUOTE_LIFETIME_S: '1' });
  const { id } = await anArticle(service);
  const [customer, guest] = [aCustomer(), await aGuest(service)];
  for (const caller of [as(customer), asGuest(guest)])
    expect(await service.call('PUT', linePath(id), { ...caller, body: { quantity: 1 } }), 200);
  const quote = expect(await service.call('POST', `${current}/quote`, as(customer)), 201).json;
  const isOver = async () =>
    (await service.call('GET', `/internal/v1/quotes/${quote.id}`, order)).json.code === 'quote-expired';
  await waitFor('the quote ends', isOver, { timeoutMs: 20_000 });
  const complete = (cartId: string, userId: string | null) =>
    service.call('POST', '/internal/v1/carts/complete', { ...order, body: { cartId, userId } });
  t.is((await complete('0'.repeat(32), customer.id)).status, 204);
  t.is((await service.call('GET', current, as(customer))).json.lines.length, 1, 'another cart is left alone');
  for (let index = 0; index < 3; index += 1) t.is((await complete(quote.cartId, customer.id)).status, 204);
  const next = (await service.call('GET', current, as(customer))).json;
  t.deepEqual(next.lines, []);
  t.not(next.id, quote.cartId);
  t.is((await service.call('GET', `/api/v1/carts/${quote.cartId}`, as(customer))).status, 404);
  await service.call('PUT', linePath(id), as(customer, { body: { quantity: 1 } }));
  await complete(quote.cartId, customer.id);
  t.is((await service.call('GET', current, as(customer))).json.lines.length, 1, 'repeated late, it empties nothing');
  t.is((await complete(guest.cartId, null)).status, 204);
  t.is((await service.call('GET', current, asGuest(guest))).status, 404);
});

test('a change beside a quote is not lost, and the line keeps what the customer chose', async (t) => {
  const service = await startCart(t, stores);
  const { id } = await anArticle(service);
  const customer = aCustomer();
  await service.call('PUT', linePath(id), as(customer, { body: { quantity: 1 } }));
  const adds = Array.from({ length: 10 }, () =>
    service.call('PATCH', linePath(id), as(customer, { body: { add: 1 } })),
  );
  const quotes = Array.from({ length: 10 }, () => service.call('POST', `${current}/quote`, as(customer)));
  const answers = await Promise.all([...adds, ...quotes]);
  t.true(answers.every(({ status }) => status === 200 || status === 201));
  t.is((await service.call('GET', current, as(customer))).json.lines[0].quantity, 11);
});
