import test, { type ExecutionContext } from 'ava';
import {
  aCoupon,
  aCustomer,
  aGuest,
  anArticle,
  as,
  asGuest,
  type CartUnderTest,
  expect,
  type Guest,
  linePath,
  openTestRedis,
  startCart,
  startCartStores,
} from './testing/cart-under-test.ts';

const stores = await startCartStores();
test.after.always(() => stores.close());

const current = '/api/v1/carts/current';

interface Line {
  readonly productId: string;
  readonly quantity: number;
}

const merge = (service: CartUnderTest, person: { readonly id: string }, { token }: Pick<Guest, 'token'>) =>
  service.call('POST', `${current}/merge`, as(person, { body: { token } }));

const quantities = (cart: { readonly lines: readonly Line[] }) =>
  Object.fromEntries(cart.lines.map(({ productId, quantity }) => [productId, quantity]));

async function fill(service: CartUnderTest, caller: object, lines: Readonly<Record<string, number>>): Promise<void> {
  for (const [id, quantity] of Object.entries(lines))
    expect(await service.call('PUT', linePath(id), { ...caller, body: { quantity } }), 200);
}

async function start(t: ExecutionContext) {
  const service = await startCart(t, stores);
  const articles = await Promise.all([anArticle(service), anArticle(service), anArticle(service)]);
  const [a, b, c] = articles.map(({ id }) => id) as [string, string, string]; // three
  return { service, a, b, c, redis: await openTestRedis(t, stores) };
}

test('quantities are added up to the limit, the cart of the guest is gone, and to repeat it changes nothing', async (t) => {
  const { service, a, b, c, redis } = await start(t);
  const [guest, customer] = [await aGuest(service), aCustomer()];
  await fill(service, asGuest(guest), { [a]: 2, [b]: 60 });
  await fill(service, as(customer), { [b]: 50, [c]: 1 });
  const merged = expect(await merge(service, customer, guest), 200);
  t.deepEqual(quantities(merged.json), { [b]: 99, [c]: 1, [a]: 2 });
  t.is(merged.json.cutLines, 1);
  t.regex(merged.headers.get('set-cookie') ?? '', /^__Host-cart=; .*Max-Age=0/);
  t.is((await service.call('GET', current, asGuest(guest))).status, 404);
  t.is(await redis.exists(`cart:{g:${guest.cartId}}`), 0);
  for (let index = 0; index < 3; index += 1) {
    const again = expect(await merge(service, customer, guest), 200).json;
    t.deepEqual([quantities(again), again.version], [quantities(merged.json), merged.json.version]);
  }
  t.is((await service.call('PUT', linePath(a), asGuest(guest, { body: { quantity: 1 } }))).status, 404);
  const events = await service.query('select type, key, payload from outbox');
  t.deepEqual(
    events.map(({ type, key }) => [type, key]),
    [['shop.cart.merged.v1', merged.json.id]],
  );
  t.like(JSON.parse(events[0].payload), { userId: customer.id, guestCartId: guest.cartId });
  t.false(events[0].payload.includes(guest.token));
});

test('twenty merges at once, and adds beside them: every piece is there once', async (t) => {
  const { service, a, b } = await start(t);
  const customer = aCustomer();
  const guests = await Promise.all(Array.from({ length: 5 }, () => aGuest(service)));
  for (const guest of guests) await fill(service, asGuest(guest), { [a]: 2 });
  const merges = guests.flatMap((guest) => Array.from({ length: 4 }, () => merge(service, customer, guest)));
  const adds = Array.from({ length: 20 }, () => service.call('PATCH', linePath(b), as(customer, { body: { add: 1 } })));
  const answers = await Promise.all([...merges, ...adds]);
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  t.deepEqual(quantities((await service.call('GET', current, as(customer))).json), { [a]: 10, [b]: 20 });
  const events = await service.query(`select payload::json->>'guestCartId' as id from outbox`);
  t.deepEqual(events.map(({ id }) => id).toSorted(), guests.map(({ cartId }) => cartId).toSorted());
});

test('of two accounts that want one cart of a guest the first gets it, and no piece is there twice', async (t) => {
  const { service, a } = await start(t);
  const [one, two] = [aCustomer(), aCustomer()];
  const guest = await aGuest(service);
  await fill(service, asGuest(guest), { [a]: 7 });
  const people = [one, two, one, two, two, one];
  await Promise.all(people.map((person) => merge(service, person, guest)));
  const carts = await Promise.all([one, two].map((person) => service.call('GET', current, as(person))));
  t.deepEqual(carts.map(({ json }) => quantities(json)[a] ?? 0).toSorted(), [0, 7]);
});

test('killed after any step, the next try ends it: nothing is lost and nothing comes twice', async (t) => {
  const { service, a, redis } = await start(t);
  for (const killedAfter of ['seal', 'absorb'] as const) {
    const [guest, customer] = [await aGuest(service), aCustomer()];
    await fill(service, asGuest(guest), { [a]: 3 });
    await fill(service, as(customer), { [a]: 1 });
    const key = `cart:{g:${guest.cartId}}`;
    if (killedAfter === 'seal') {
      // What the first step leaves.
      await redis.hset(key, 'into', customer.id);
    } else {
      const before = (await redis.dumpBuffer(key)) ?? Buffer.alloc(0);
      await merge(service, customer, guest);
      await redis.restore(key, 1_000_000, before);
      await redis.hset(key, 'into', customer.id);
    }
    t.is((await service.call('GET', current, asGuest(guest))).status, 404, 'the guest has it no more');
    t.is((await service.call('PUT', linePath(a), asGuest(guest, { body: { quantity: 9 } }))).status, 404);
    await merge(service, aCustomer(), guest);
    const merged = expect(await merge(service, customer, guest), 200);
    t.deepEqual(quantities(merged.json), { [a]: 4 }, killedAfter);
    t.is(await redis.exists(key), 0);
  }
});

test('an account without a cart takes over the currency and the coupons; one with articles keeps its own', async (t) => {
  const service = await startCart(t, stores);
  const prices = [
    { currency: 'EUR', amountMinor: 1000 },
    { currency: 'USD', amountMinor: 1100 },
  ];
  const { id } = await anArticle(service, 0, { prices });
  const coupon = await aCoupon(service);
  const guestWith = async (currency: string) => {
    const guest = await aGuest(service, { currency });
    await fill(service, asGuest(guest), { [id]: 1 });
    return guest;
  };
  const guest = await guestWith('USD');
  expect(await service.call('POST', `${current}/coupons`, asGuest(guest, { body: { code: coupon.code } })), 200);
  const [fresh, settled] = [aCustomer(), aCustomer()];
  const taken = expect(await merge(service, fresh, guest), 200).json;
  t.like(taken, { currency: 'USD', totals: { subtotalMinor: 1100, discountMinor: 110 } });
  const other = await anArticle(service, 500);
  await fill(service, as(settled), { [other.id]: 1 });
  const kept = expect(await merge(service, settled, await guestWith('USD')), 200).json;
  t.like(kept, { currency: 'EUR', totals: { subtotalMinor: 1500 } });
  t.true(
    kept.lines.every(
      ({ previousUnitPriceMinor }: { previousUnitPriceMinor: unknown }) => previousUnitPriceMinor === null,
    ),
  );
});

test('lines beyond a hundred stay out, and a cart that is not there merges into nothing', async (t) => {
  const service = await startCart(t, stores);
  const articles = await Promise.all(Array.from({ length: 102 }, () => anArticle(service)));
  const ids = articles.map(({ id }) => id);
  const [guest, customer] = [await aGuest(service), aCustomer()];
  await fill(service, as(customer), Object.fromEntries(ids.slice(0, 99).map((id) => [id, 1])));
  await fill(service, asGuest(guest), Object.fromEntries(ids.slice(98).map((id) => [id, 1])));
  const merged = expect(await merge(service, customer, guest), 200).json;
  t.deepEqual([merged.lines.length, merged.cutLines], [100, 2]);
  const nobody = aCustomer();
  const empty = expect(await merge(service, nobody, { token: 'A'.repeat(22) }), 200).json;
  t.like(empty, { kind: 'user', lines: [], cutLines: 0 });
  t.is((await merge(service, nobody, { token: 'no secret' })).json.code, 'not-found');
  t.is((await service.call('POST', `${current}/merge`, asGuest(guest, { body: {} }))).status, 401);
});

test('a merge whose event cannot be stored is a merge, and is told of later', async (t) => {
  const { service, a } = await start(t);
  const [guest, customer] = [await aGuest(service), aCustomer()];
  await fill(service, asGuest(guest), { [a]: 3 });
  await service.query('alter table outbox rename to outbox_away');
  t.deepEqual(quantities(expect(await merge(service, customer, guest), 200).json), { [a]: 3 });
  await service.query('alter table outbox_away rename to outbox');
  t.deepEqual(await service.query('select * from outbox'), []);
  // The search for abandoned carts comes by, and so does the next merge.
  const second = await aGuest(service);
  await fill(service, asGuest(second), { [a]: 1 });
  await merge(service, customer, second);
  const events = await service.query(`select payload::json->>'guestCartId' as id from outbox`);
  t.deepEqual(events.map(({ id }) => id).toSorted(), [guest.cartId, second.cartId].toSorted());
});
