import test from 'ava';
import { describeApi } from '#chassis/http/openapi.ts';
import { type DescribedOperation, readApiDescription } from '#chassis/testing/api-description.ts';
import { findFaultOfAnswer, type HostileRequest, hostileRequests } from '#chassis/testing/hostile-input.ts';
import type { CallOptions } from '#chassis/testing/service-under-test.ts';
import { cartService } from './service.ts';
import {
  aCustomer,
  as,
  type CartUnderTest,
  openTestRedis,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

const api = readApiDescription(describeApi({ title: 'Cart', description: '', version: 'test' }, cartService.routes));
const nowhere = '01a20792-7531-7b89-86c5-c73c7e30f850';
/** Valid bodies; what they ask for does not exist or changes nothing. */
const bodies: Readonly<Record<string, Record<string, unknown>>> = {
  createCart: { currency: 'EUR' },
  setCartLine: { quantity: 1 },
  addToCartLine: { add: 1 },
  mergeCarts: { token: 'A'.repeat(22) },
  addCartCoupon: { code: 'NO-SUCH' },
  createCoupon: {
    code: 'FINE',
    kind: 'percent',
    value: 100,
    currency: 'EUR',
    minimumSpendMinor: 1,
    startsAt: '2030-01-01T00:00:00.000Z',
    endsAt: '2031-01-01T00:00:00.000Z',
    isActive: true,
    maximumUses: 1,
    maximumUsesPerUser: 1,
  },
  updateCoupon: {
    startsAt: '2030-01-01T00:00:00.000Z',
    endsAt: '2031-01-01T00:00:00.000Z',
    isActive: true,
    maximumUses: 1,
    maximumUsesPerUser: 1,
  },
  redeemCoupons: { orderId: nowhere, userId: nowhere, codes: ['NO-SUCH'] },
  completeCart: { cartId: '0'.repeat(32), userId: nowhere },
};

async function send(service: CartUnderTest, caller: CallOptions, request: HostileRequest) {
  const { operation, url, body } = request;
  const options = { headers: { 'if-match': '*', ...request.headers }, ...(body === undefined ? {} : { body }) };
  const answer = await service.call(operation.method.toUpperCase(), url, { ...caller, ...options });
  return findFaultOfAnswer(request, answer);
}

function validFor({ id, path, bodySchema }: DescribedOperation) {
  const all = { cartId: 'current', variantId: nowhere, code: 'NO-SUCH', id: nowhere, orderId: nowhere };
  const params = Object.fromEntries(Object.entries(all).filter(([name]) => path.includes(`{${name}}`)));
  return { body: bodySchema === undefined ? undefined : bodies[id], params };
}

test('every operation with a body has a valid one here', (t) => {
  const wanted = api.operations.filter(({ bodySchema }) => bodySchema !== undefined);
  t.deepEqual(Object.keys(bodies).toSorted(), wanted.map(({ id }) => id).toSorted());
  for (const operation of wanted) t.true(api.acceptsBody(operation, bodies[operation.id]), operation.id);
});

for (const operation of api.operations) {
  test.serial(`hostile input to ${operation.id} is refused and stores nothing`, async (t) => {
    // Guesses are not what is tested here.
    const service = await startCart(t, stores, { APP_COUPON_GUESSES: '1000000' });
    const redis = await openTestRedis(t, stores);
    const customer = aCustomer();
    const caller = as(customer, {}, ['customer', 'admin', 'service']);
    await service.call('POST', '/api/v1/carts', { ...caller, body: {} });
    const contents = async () =>
      JSON.stringify([
        await redis.hgetall(`cart:{u:${customer.id}}`),
        await service.query('select * from coupons'),
        await service.query('select * from coupon_redemptions'),
        await service.query('select * from quotes'),
        await service.query('select * from outbox'),
      ]);
    const before = await contents();
    const all = hostileRequests(api, operation, validFor(operation));
    const forbidden = all.filter((request) => !request.isPerhapsValid);
    const faults: (string | undefined)[] = [];
    for (const request of forbidden) faults.push(await send(service, caller, request));
    t.is(await contents(), before);
    for (const request of all.filter((other) => other.isPerhapsValid))
      faults.push(await send(service, caller, request));
    t.deepEqual(
      faults.filter((fault) => fault !== undefined),
      [],
    );
    t.log(`${all.length} requests, ${forbidden.length} of them forbidden by the description`);
  });
}

test.serial('a secret in any other form than ours opens nothing and breaks nothing', async (t) => {
  const service = await startCart(t, stores);
  for (const token of [
    'x',
    'A'.repeat(21),
    'A'.repeat(23),
    `${'A'.repeat(21)}!`,
    '{u:1}',
    '%00',
    '../x',
    'A'.repeat(4000),
  ]) {
    for (const headers of [{ 'x-cart-token': token }, { cookie: `__Host-cart=${token}` }, { cookie: `;;=;${token}` }]) {
      const answer = await service.call('GET', '/api/v1/carts/current', { headers });
      t.is(answer.json.code, 'not-found');
    }
  }
});
