import { randomUUID } from 'node:crypto';
import test from 'ava';
import { callAsDescribed } from '#chassis/testing/described-calls.ts';
import type { CallOptions } from '#chassis/testing/service-under-test.ts';
import { aCustomer, aGuest, anArticle, as, asGuest, startCart, startCartStores } from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

test('every operation answers as the served description says, in success and refusal', async (t) => {
  const service = await startCart(t, stores, { APP_SHIPPING_FEES: 'EUR:490' });
  const { call, assertAllWork } = await callAsDescribed(t, service);
  const { id: variantId } = await anArticle(service);
  const customer = aCustomer();
  const me = as(customer);
  const admin: CallOptions = { roles: ['admin'] };
  const order: CallOptions = { roles: ['service'], subject: 'order' };
  const cartId = 'current';

  const coupon = await call('createCoupon', {}, { ...admin, body: { code: 'FINE', kind: 'percent', value: 100 } });
  const { id } = coupon.json;
  await call('createCoupon', {}, { ...admin, body: { code: 'FINE', kind: 'percent', value: 100 } });
  await call('createCoupon', {}, { body: {}, roles: ['customer'] });
  await call('listCoupons', { query: '?limit=1' }, admin);
  await call('listCoupons', { query: '?cursor=x' }, admin);
  await call('getCoupon', { id }, admin);
  await call('updateCoupon', { id }, { ...admin, headers: { 'if-match': '*' }, body: { maximumUses: 5 } });
  await call('updateCoupon', { id }, { ...admin, body: { maximumUses: 5 } });

  const guest = await aGuest(service);
  await call('createCart', {}, { body: {} });
  await call('createCart', {}, asGuest(guest, { body: {} }));
  await call('createCart', {}, { body: { currency: 'XXX' } });
  await call('getCart', { cartId }, me);
  await call('setCartLine', { cartId, variantId }, { ...me, body: { quantity: 2 } });
  await call('setCartLine', { cartId, variantId: randomUUID() }, { ...me, body: { quantity: 2 } });
  await call('addToCartLine', { cartId, variantId }, { ...me, body: { add: 1 } });
  await call('addToCartLine', { cartId, variantId }, { ...me, body: { add: 99 } });
  await call('getCart', { cartId: guest.cartId }, asGuest(guest));
  await call('addCartCoupon', { cartId }, { ...me, body: { code: 'fine' } });
  await call('addCartCoupon', { cartId }, { ...me, body: { code: 'other' } });
  await call('mergeCarts', { cartId }, { ...me, body: { token: guest.token } });
  await call('mergeCarts', { cartId }, { body: {} });
  const quote = await call('quoteCart', { cartId }, me);
  await call('quoteCart', { cartId }, asGuest(guest));
  await call('getQuote', { id: quote.json.id }, order);
  await call('getQuote', { id: quote.json.id }, me);
  await call('getQuote', { id: randomUUID() }, order);
  const orderId = randomUUID();
  await call('redeemCoupons', {}, { ...order, body: { orderId, userId: customer.id, codes: ['FINE'] } });
  await call('redeemCoupons', {}, { ...order, body: { orderId, userId: customer.id, codes: ['OTHER'] } });
  await call('releaseCoupons', { orderId }, order);
  await call('removeCartCoupon', { cartId, code: 'FINE' }, me);
  await call('removeCartLine', { cartId, variantId }, me);
  await call('quoteCart', { cartId }, me);
  await call('completeCart', {}, { ...order, body: { cartId: quote.json.cartId, userId: customer.id } });

  assertAllWork();
});
