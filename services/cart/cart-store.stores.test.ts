import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { silentLogger } from '#chassis/logger.ts';
import { closeRedis, openRedis } from '#chassis/redis/redis.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import type { CartOwner } from './domain/cart.ts';
import type { Offer } from './domain/offer.ts';
import { type CartRefusal, createCartStore, newCartId } from './store/carts.ts';

const variants = ['a', 'b', 'c'];
const hourMs = 3_600_000;
const lifetimes = { guestMs: hourMs, userMs: hourMs, emptyGuestMs: hourMs };

const anOffer = (
  variantId: string,
  amounts: Readonly<Record<string, number>> = { EUR: 100 },
  priceVersion = 3,
): Offer => ({
  variantId,
  productId: `product-of-${variantId}`,
  version: 30,
  isForSale: true,
  sku: variantId,
  title: variantId,
  options: {},
  prices: Object.fromEntries(
    Object.entries(amounts).map(([currency, amountMinor]) => [currency, { amountMinor, version: priceVersion }]),
  ),
});

const command = fc.record({
  variantId: fc.constantFrom(...variants),
  mode: fc.constantFrom('set' as const, 'add' as const),
  quantity: fc.integer({ min: -99, max: 99 }),
  hasOffer: fc.boolean(),
});
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** What the scripts must do, in a few lines: quantities by variant, and how often something changed. */
class Model {
  readonly lines = new Map<string, number>();
  version = 0;

  apply(change: Command): 'ok' | CartRefusal {
    const { variantId, mode, quantity, hasOffer } = change;
    const present = this.lines.get(variantId);
    const wanted = mode === 'add' ? (present ?? 0) + quantity : quantity;
    if (wanted > 99) return 'quantity';
    if (wanted <= 0) return this.#remove(variantId);
    if (present === undefined && !hasOffer) return 'price';
    this.lines.set(variantId, wanted);
    if (mode === 'add' || wanted !== present) this.version += 1;
    return 'ok';
  }

  #remove(variantId: string): 'ok' | CartRefusal {
    if (this.lines.delete(variantId)) this.version += 1;
    return this.version === 0 ? 'missing' : 'ok';
  }
}

async function open(t: ExecutionContext) {
  const redis = await startRedisCluster();
  t.teardown(() => redis.close());
  const settings = { nodes: redis.nodeList.split(','), password: redis.password, commandTimeoutMs: 20_000 };
  const client = openRedis(settings, silentLogger);
  t.teardown(() => closeRedis(client));
  await waitFor('redis answers', async () => (await client.ping()) === 'PONG', { timeoutMs: 30_000 });
  return { client, store: createCartStore(client, lifetimes, () => 1_700_000_000_000) };
}

test('whatever is asked, the scripts do what a few lines say', async (t) => {
  const { client, store } = await open(t);
  const run = async (commands: readonly Command[]) => {
    const owner: CartOwner = { kind: 'user', userId: newCartId() };
    const model = new Model();
    for (const { hasOffer, ...change } of commands) {
      const wanted = model.apply({ hasOffer, ...change });
      const offer = hasOffer ? anOffer(change.variantId) : undefined;
      const result = await store.changeLine({ owner }, { ...change, offer }, 'EUR');
      t.is(result.state === 'refused' ? result.reason : 'ok', wanted);
    }
    const cart = (await store.read({ owner })) ?? { lines: [], version: 0 };
    const quantities = cart.lines.map(({ variantId, quantity }) => [variantId, quantity]);
    t.deepEqual(Object.fromEntries(quantities), Object.fromEntries(model.lines));
    t.is(cart.version, model.version);
    t.is(Number(await client.hget(`cart:{u:${owner.userId}}`, 'n')), model.lines.size);
  };
  await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 25 }), run), { numRuns: 60 });
});

test('a line keeps what was seen until there is something new to see', async (t) => {
  const { store } = await open(t);
  const owner: CartOwner = { kind: 'user', userId: newCartId() };
  const add = (offer: Offer | undefined, quantity = 1) =>
    store.changeLine({ owner }, { variantId: 'a', mode: 'add', quantity, offer }, 'EUR');
  await add(anOffer('a', { USD: 7, EUR: 100, EURO: 1 }));
  const seen = async () => (await store.read({ owner }))?.lines[0];
  t.like(await seen(), { quantity: 1, unitPriceMinor: 100, priceVersion: 3, productId: 'product-of-a' });
  await add(anOffer('a', { EUR: 120 }, 4));
  t.like(await seen(), { quantity: 2, unitPriceMinor: 120, priceVersion: 4, addedAtMs: 1_700_000_000_000 });
  await add(undefined, -1);
  t.like(await seen(), { quantity: 1, unitPriceMinor: 120, priceVersion: 4, productId: 'product-of-a' });
  t.like(await add(anOffer('a', { USD: 7 })), { state: 'refused', reason: 'price' });
  t.like(await add(anOffer('a', {})), { state: 'refused', reason: 'price' });
});
