import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { silentProgress } from '../../lab/progress.ts';
import type { EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { seedShop } from '../../scripts/seed/seed-shop.ts';
import { seedSkus } from '../../scripts/seed/stock.ts';
import { seedPassword, seedUsers } from '../../scripts/seed/users.ts';
import { listObjects } from '../support/read-objects.ts';
import type { ShopClient } from '../support/shop-client.ts';
import { namespace, ShopCluster } from '../support/shop-cluster.ts';
import { describeLoad, ShopLoad, type Visit, type VisitRecord } from '../support/shop-load.ts';

// What a shop under load does while something of it is away, as the READMEs of the services promise it.

const services = ['cart', 'gateway', 'inventory', 'product', 'search', 'user'];
const outageMs = 60_000;
/** Connections of a service to a store: so many requests can be on their way when it goes. */
const mostLate = 20;

/**
 * All visitors come from one address here. And two processors carry them, the shop, its stores and the cluster: what waits for
 * one of them longer than the usual 100 ms is late, not too much; a second leaves it time for a store that is not there.
 */
const manifest = (logLevel: string): Partial<EcommerceStackSpec> => ({
  services: Object.fromEntries(
    services.map((name) => [
      name,
      {
        env: {
          APP_LOG_LEVEL: logLevel,
          APP_MAX_WAIT_MS: '1000',
          ...(name === 'gateway' ? { APP_RATE_LIMIT_GUEST_READ: '60000' } : {}),
        },
      },
    ]),
  ),
});

let lab: ShopCluster;
let visitor: ShopClient;
let admin: ShopClient;
let customer: ShopClient;
let variantId = '';
/** What visitors look at: as many products as Online Boutique has. */
let slugs: readonly string[] = [];
/** Products that the shop said it has stored. */
const created: string[] = [];
/** Deliveries of one piece each that the shop said it has stored. */
let delivered = 0;

const sku = seedSkus()[0] ?? '';
let warehouseId = '';

test.before(async () => {
  lab = await ShopCluster.start();
  await lab.ready('shop', manifest('warn'));
  const shop = await lab.shop('shop');
  ({ visitor, admin } = shop);
  const target = {
    namespace,
    stack: 'shop',
    url: async () => shop.url,
    kubectl: (args: readonly string[]) => lab.cluster.kubectl(args),
  };
  await seedShop(target, silentProgress);
  customer = await signIn();
  const found = await itemsOf(visitor, '/api/v1/products?limit=10');
  slugs = found.map((product) => String(product['slug']));
  const variants = found[0]?.['variants'];
  variantId = Array.isArray(variants) ? String(variants[0]?.id) : '';
  warehouseId = String((await itemsOf(admin, '/api/v1/warehouses'))[0]?.['id']);
  await customer.request('POST', '/api/v1/carts', { body: { currency: 'EUR' } });
  await changeCart();
  unitsBefore = await unitsNotDelivered();
});

test.after.always(async () => {
  await lab?.[Symbol.asyncDispose]();
});

test.serial('all services restart at 200 requests a second, and no request fails', async (t) => {
  const load = startLoad(t, 10);
  // The shop has just been filled: the stores still work on that, and no service has compiled its code.
  t.log(`before:\n${describeLoad(await allAnswered(load, calmMs))}`);
  const began = performance.now();
  await lab.ready('shop', manifest('error'));
  // Those that are replaced answer to the last.
  await waitFor('the old pods are gone', noPodLeaves, { timeoutMs: 60_000 });
  const seconds = (performance.now() - began) / 1000;
  // What is on its way is answered as well, or is a failure.
  await load.stop();
  const during = load.take();
  t.log(`restarted in ${((performance.now() - began) / 1000).toFixed(1)} s:\n${describeLoad(during)}`);
  for (const [name, { sent, good, bad }] of during) {
    t.true(sent >= 0.9 * seconds * (load.rateOf(name) ?? 0), `${name}: ${sent} in ${seconds} s`);
    t.deepEqual({ name, bad }, { name, bad: {} });
    t.true(good >= sent, `${name}: ${good} of ${sent}`);
  }
  const rate = [...during.values()].reduce((sum, { sent }) => sum + sent, 0) / seconds;
  t.true(rate >= 195, `${rate.toFixed(0)} requests a second`);
  await assertNothingLost(t);
});

interface Outage {
  readonly store: string;
  /** Kinds of requests that are refused meanwhile; all others go on. */
  readonly refused: readonly string[];
}

const outages: readonly Outage[] = [
  { store: 'kafka', refused: [] },
  { store: 'elasticsearch', refused: ['search'] },
  { store: 'redis', refused: ['cart', 'cart change'] },
  { store: 'postgres', refused: ['page', 'list', 'account', 'new product', 'delivery'] },
];

for (const { store, refused } of outages) {
  test.serial(
    `${store} is away for a minute: ${refused.join(', ') || 'nothing'} is refused, nothing is lost`,
    async (t) => {
      customer = await signIn();
      const load = startLoad(t, 1);
      await delay(3000);
      load.take();
      await lab.kubectl('cordon', '-l', 'kubernetes.io/os=linux');
      t.teardown(() => lab.kubectl('uncordon', '-l', 'kubernetes.io/os=linux'));
      const pods = await lab.pods(store);
      await lab.kubectl('delete', 'pods', '-n', namespace, '--force', '--grace-period=0', ...pods);
      await delay(outageMs);
      const during = load.take();
      await lab.kubectl('uncordon', '-l', 'kubernetes.io/os=linux');
      const began = performance.now();
      await lab.becomesReady('shop');
      const afterwards = `Ready ${((performance.now() - began) / 1000).toFixed(1)} s after its return`;
      await allAnswered(load);
      await load.stop();
      t.log(`${store} away for ${outageMs / 1000} s:\n${describeLoad(during)}\n  ${afterwards}`);
      for (const [name, { sent, good, bad }] of during) {
        // What was asked on a connection whose other end is gone without a word is 504 at its deadline.
        const { 503: _refused, 504: late = 0, ...unexpected } = bad;
        t.deepEqual({ name, unexpected }, { name, unexpected: {} });
        t.true(late <= (refused.includes(name) ? mostLate : 0), `${name}: ${late} × 504`);
        if (!refused.includes(name)) {
          // The moment in which the pod goes: what was on its way may be refused.
          t.true(good >= sent - 3, `${name}: ${good} of ${sent}`);
        }
      }
      await assertNothingLost(t);
    },
  );
}

/**
 * `factor` 1: about 20 requests a second, 10: about 200, in the proportions of Online Boutique's load generator (10 products
 * looked at, 3 carts, 2 changes of them, 3 front pages and currencies), which has no search and no accounts. Changes come at
 * one pace: they are what is counted afterwards.
 */
function startLoad(t: ExecutionContext, factor: number): ShopLoad {
  const get = (name: string, perSecond: number, paths: readonly string[], who = visitor): Visit => ({
    name,
    perSecond: perSecond * factor,
    ask: async () => (await who.get(paths[Math.floor(Math.random() * paths.length)] ?? '')).status,
  });
  const searches = ['lantern', 'lamp', 'mug', 'blue', 'oak', 'recycled'].map(
    (word) => `/api/v1/search?q=${word}&limit=10`,
  );
  const load = new ShopLoad([
    get(
      'page',
      10,
      slugs.map((slug) => `/api/v1/products/${slug}`),
    ),
    get('list', 3, ['/api/v1/products?limit=10', '/api/v1/products?limit=20', '/api/v1/products?limit=10&sort=title']),
    get('search', 2, searches),
    get('cart', 3, ['/api/v1/carts/current'], customer),
    get('account', 2, ['/api/v1/me'], customer),
    { name: 'cart change', perSecond: 2, ask: changeCart },
    { name: 'new product', perSecond: 1, ask: createProduct },
    { name: 'delivery', perSecond: 1, ask: deliver },
  ]);
  t.teardown(() => load.stop());
  return load;
}

/** What the cart may hold: the quantity that was acknowledged last, or one that was asked for since and whose answer is not known. */
const cartQuantities = new Set<number>();

/** One after the other: two at once could be answered in another order than they were carried out in. */
let lastChange: Promise<unknown> = Promise.resolve();

function changeCart(): Promise<number> {
  const change = lastChange.then(putQuantity);
  lastChange = change.catch(() => undefined);
  return change;
}

async function putQuantity(): Promise<number> {
  const body = { quantity: 1 + Math.floor(Math.random() * 5) };
  cartQuantities.add(body.quantity);
  const { status } = await customer.request('PUT', `/api/v1/carts/current/items/${variantId}`, { body });
  if (status === 200) {
    cartQuantities.clear();
    cartQuantities.add(body.quantity);
  }
  return status;
}

let products = 0;

async function createProduct(): Promise<number> {
  products += 1;
  const address = `made-under-load-${products}`;
  const prices = [{ currency: 'EUR', amountMinor: 100 }];
  const body = { slug: address, sku: `LOAD-${products}`, title: `Loadstone ${products}`, status: 'active', prices };
  const { status } = await admin.request('POST', '/api/v1/products', { body });
  if (status === 201) {
    created.push(address);
  }
  return status;
}

async function deliver(): Promise<number> {
  const body = { reference: randomUUID(), reason: 'received', lines: [{ sku, warehouseId, delta: 1 }] };
  const { status } = await admin.request('POST', '/api/v1/stock/adjustments', { body });
  delivered += status === 201 ? 1 : 0;
  return status;
}

async function noPodLeaves(): Promise<boolean> {
  const pods = await listObjects(lab.cluster, namespace, 'pods');
  return pods.every(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** A shop whose stores and indices have come to rest answers the next of its frequent visitors after no more than this. */
const calmMs = 250;

/**
 * Resolves with what happened in five seconds in which nothing was refused and nothing was left waiting, and what is asked ten
 * times a second and more was never without an answer for longer than `longestGapMs`.
 */
async function allAnswered(
  load: ShopLoad,
  longestGapMs = Number.POSITIVE_INFINITY,
): Promise<ReturnType<ShopLoad['take']>> {
  let records = load.take();
  const look = async () => {
    load.take();
    await delay(5000);
    records = load.take();
    const isGood = ({ sent, good, bad, longestGapMs: gapMs }: VisitRecord) =>
      good >= 0.9 * sent && Object.keys(bad).length === 0 && (sent < 50 || gapMs <= longestGapMs);
    return [...records.values()].every(isGood) && records;
  };
  return waitFor('every kind of request is answered', look, {
    timeoutMs: 180_000,
    explain: () => `the last five seconds:\n${describeLoad(records)}`,
  });
}

/** Pieces of the SKU that lie in the warehouse beside those of acknowledged deliveries. */
let unitsBefore = 0;

async function unitsNotDelivered(): Promise<number> {
  const [level] = await itemsOf(admin, `/api/v1/stock/levels?sku=${sku}&warehouse=${warehouseId}`);
  return Number(level?.['onHand']) - delivered;
}

/**
 * Every acknowledged product is stored and found by the search, every acknowledged delivery lies in the warehouse, and the cart holds
 * what was put into it last.
 */
async function assertNothingLost(t: ExecutionContext): Promise<void> {
  const total = async () => Number((await visitor.get('/api/v1/search?q=loadstone&limit=1')).body['total']);
  await waitFor(`the search finds ${created.length} products`, async () => (await total()) >= created.length, {
    timeoutMs: 60_000,
    intervalMs: 1000,
    explain: async () => `it finds ${await total()}`,
  });
  const missing = [];
  for (const one of created) {
    if ((await visitor.get(`/api/v1/products/${one}`)).status !== 200) {
      missing.push(one);
    }
  }
  t.deepEqual(missing, []);
  // What was stored although its answer was lost is more than was acknowledged, and that stays.
  const units = await unitsNotDelivered();
  t.true(units >= unitsBefore, `${units} of ${unitsBefore}`);
  unitsBefore = units;
  const { lines } = (await customer.get('/api/v1/carts/current')).body;
  const quantity = Array.isArray(lines) ? Number(lines[0]?.quantity) : Number.NaN;
  t.true(cartQuantities.has(quantity), `the cart has ${quantity}, may have ${[...cartQuantities]}`);
}

async function signIn(): Promise<ShopClient> {
  const body = { email: seedUsers[0]?.email, password: seedPassword };
  const answer = await visitor.request('POST', '/api/v1/auth/login', { body });
  return visitor.as(String(answer.body['accessToken']));
}

async function itemsOf(client: ShopClient, path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  // `as`: every list of the shop has this form.
  return (await client.get(path)).body['items'] as readonly Readonly<Record<string, unknown>>[];
}
