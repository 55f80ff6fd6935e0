import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { CallOptions } from '#chassis/testing/service-under-test.ts';
import type { Role } from '#contracts/identity.ts';
import { cartService } from './service.ts';
import {
  aCoupon,
  aCustomer,
  aGuest,
  anArticle,
  as,
  asGuest,
  expect,
  type Guest,
  linePath,
  openTestRedis,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

/** Operations on one thing of somebody: everything with an id in its path. */
const withId = cartService.routes.map(({ declaration }) => declaration).filter(({ path }) => path.includes('{'));
/** Bodies that these operations accept. */
const bodies: Readonly<Record<string, unknown>> = {
  setCartLine: { quantity: 5 },
  addToCartLine: { add: 1 },
  mergeCarts: { token: 'A'.repeat(22) },
  addCartCoupon: { code: 'FOR-ALL' },
  updateCoupon: { isActive: true },
};

type Person = ReturnType<typeof aCustomer>;

interface Caller {
  readonly name: string;
  readonly options: CallOptions;
  readonly roles: readonly Role[];
}

/** A's cart and a guest's, something of the staff, and people. */
async function arrange(t: ExecutionContext) {
  const service = await startCart(t, stores);
  const redis = await openTestRedis(t, stores);
  const article = await anArticle(service, 1000, { title: 'Only for A' });
  const coupon = await aCoupon(service, { code: 'FOR-ALL' });
  const [a, b] = [aCustomer(), aCustomer()];
  const [guest, other] = [await aGuest(service), await aGuest(service)];
  for (const caller of [as(a), as(b), asGuest(guest), asGuest(other)])
    expect(await service.call('PUT', linePath(article.id), { ...caller, body: { quantity: 2 } }), 200);
  const ownCart: string = (await service.call('GET', '/api/v1/carts/current', as(a))).json.id;
  const quote: string = expect(await service.call('POST', '/api/v1/carts/current/quote', as(a)), 201).json.id;
  const state = async () =>
    JSON.stringify([
      await redis.hgetall(`cart:{u:${a.id}}`),
      await redis.hgetall(`cart:{g:${guest.cartId}}`),
      await service.query('select * from coupons'),
    ]);
  const urlOf = (path: string, target: string) => {
    const ids: Readonly<Record<string, string>> = {
      cartId: target === 'A' ? ownCart : guest.cartId,
      variantId: article.id,
      code: coupon.code,
      id: path.includes('quotes') ? quote : coupon.id,
      orderId: randomUUID(),
    };
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '');
  };
  return { service, article, state, urlOf, callers: callersOf({ a, b, guest, other }) };
}

function callersOf({ a, b, guest, other }: { a: Person; b: Person; guest: Guest; other: Guest }): readonly Caller[] {
  const staff = (role: Role) => as({ id: randomUUID() }, {}, [role]);
  return [
    { name: 'nobody', options: {}, roles: [] },
    { name: 'another guest', options: asGuest(other), roles: [] },
    { name: 'a guest with the cookie', options: { headers: { cookie: `__Host-cart=${other.token}` } }, roles: [] },
    { name: 'B', options: as(b), roles: ['customer'] },
    // Signed in, a secret of a guest is of no use.
    { name: 'B with the secret of the guest', options: asGuest(guest, as(b)), roles: ['customer'] },
    ...(['support', 'catalog-manager', 'warehouse', 'admin'] as const).map((role) => ({
      name: role,
      options: staff(role),
      roles: [role],
    })),
    { name: 'service', options: { roles: ['service'], subject: 'order' }, roles: ['service'] },
    { name: 'A', options: as(a), roles: ['customer'] },
    { name: 'the guest', options: asGuest(guest), roles: [] },
  ];
}

for (const declaration of withId) {
  const { operationId, method, path, access } = declaration;
  test.serial(`${operationId}: only who may, may`, async (t) => {
    const { service, article, state, urlOf, callers } = await arrange(t);
    const targets = path.includes('{cartId}') ? ['A', 'the guest'] : ['anybody'];
    const body = operationId in bodies ? { body: bodies[operationId] } : {};
    for (const [target, { name, options, roles }] of targets.flatMap((one) =>
      callers.map((by) => [one, by] as const),
    )) {
      const before = await state();
      const headers = { ...options.headers, 'if-match': '*' };
      const answer = await service.call(method, urlOf(path, target), { ...options, headers, ...body });
      const wanted = expected({ access, operationId, target }, name, roles);
      t.is(answer.status < 300 ? 'done' : answer.status, wanted, `${name} on ${target}: ${answer.text}`);
      if (wanted === 'done') continue;
      t.notRegex(answer.text, new RegExp(`Only for A|${article.sku}`), `${name} learns nothing`);
      t.is(await state(), before, `${name} changes nothing`);
    }
  });
}

/** What comes of it: carts are there for their owner only, the staff's and the services' operations for their roles only. */
function expected(
  { access, operationId, target }: { access: unknown; operationId: string; target: string },
  name: string,
  roles: readonly Role[],
): 'done' | 401 | 403 | 404 {
  const isSignedIn = roles.length > 0;
  if (access !== 'public' && !isSignedIn) return 401;
  if (Array.isArray(access)) return roles.some((role) => access.includes(role)) ? 'done' : 403;
  if (operationId === 'mergeCarts') return name === 'A' && target === 'A' ? 'done' : 404;
  return name === target ? 'done' : 404;
}

test('the matrix has every path with an id', (t) => {
  t.deepEqual(withId.map(({ operationId }) => operationId).toSorted(), [
    'addCartCoupon',
    'addToCartLine',
    'getCart',
    'getCoupon',
    'getQuote',
    'mergeCarts',
    'quoteCart',
    'releaseCoupons',
    'removeCartCoupon',
    'removeCartLine',
    'setCartLine',
    'updateCoupon',
  ]);
});

test.serial('operations without an id: carts are for all, coupons for the staff, the rest for services', async (t) => {
  const service = await startCart(t, stores);
  const open = cartService.routes.map(({ declaration }) => declaration).filter(({ path }) => !path.includes('{'));
  t.deepEqual(Object.fromEntries(open.map(({ operationId, access }) => [operationId, access])), {
    createCart: 'public',
    listCoupons: ['admin', 'support'],
    createCoupon: ['admin'],
    redeemCoupons: ['service'],
    completeCart: ['service'],
  });
  for (const { method, path, access } of open.filter((one) => one.access !== 'public')) {
    t.is((await service.call(method, path)).status, 401);
    t.is((await service.call(method, path, { roles: ['customer'] })).status, 403);
    const isForServices = Array.isArray(access) && access.includes('service');
    t.is((await service.call(method, path, { roles: [isForServices ? 'admin' : 'service'] })).status, 403);
  }
  const tool = await service.call('POST', '/api/v1/carts', { roles: ['service'], subject: 'order', body: {} });
  t.is(tool.json.code, 'not-found', 'who has no account has no cart');
});
