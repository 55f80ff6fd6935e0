import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { Environment } from '#chassis/config/settings.ts';
import { silentLogger } from '#chassis/logger.ts';
import { createMetrics } from '#chassis/metrics.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { buildInventory, letExpire, mainWarehouse } from './testing/inventory-under-test.ts';
import { adjustStock } from './use-cases/adjust-stock.ts';
import { endGroup, expireOverdue } from './use-cases/end-reservations.ts';
import type { ReserveResult } from './use-cases/reserve.ts';
import { createSweeper } from './workers.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

type Inventory = Awaited<ReturnType<typeof buildInventory>>;

/** Processes of the service on one database. */
async function replicas(t: ExecutionContext, count: number, settings: Environment = {}): Promise<readonly Inventory[]> {
  const first = await buildInventory(t, databases, settings);
  const others = Array.from({ length: count - 1 }, () => buildInventory(t, databases, first.environment));
  return [first, ...(await Promise.all(others))];
}

async function receive({ deps }: Inventory, stock: Readonly<Record<string, number>>): Promise<void> {
  const lines = Object.entries(stock).map(([sku, delta]) => ({ sku, warehouseId: mainWarehouse, delta }));
  const result = await adjustStock(deps, { reference: randomUUID(), reason: 'received', lines }, 'test');
  if (result.state === 'refused') throw new Error(result.refusal.detail);
}

const reserve = (
  { deps }: Inventory,
  skus: readonly string[],
  orderId: string = randomUUID(),
): Promise<ReserveResult> =>
  deps.reserving.add({
    orderId,
    lines: skus.map((sku) => ({ sku, quantity: 1 })),
    strategy: 'priority',
    ttlMs: 900_000,
    actor: 'order',
  });

/** Ids of those that were reserved. */
const idsOf = (results: readonly ReserveResult[]): readonly string[] =>
  results.flatMap((result) => (result.state === 'reserved' ? [result.reservation.id] : []));

test.serial(
  '1,000 reservations for 100 units by three replicas: 100 are held, 900 refused, and the counters are the movements',
  async (t) => {
    // Small groups, so that the replicas take turns often.
    const all = await replicas(t, 3, { APP_STOCK_GROUP_MAX_ITEMS: '7' });
    const [first] = all;
    if (first === undefined) return t.fail();
    await receive(first, { hot: 100 });
    const results = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => reserve(all[index % 3] ?? first, ['hot'])),
    );
    t.is(idsOf(results).length, 100);
    const refused = results.flatMap((result) => (result.state === 'refused' ? [result.refusal.code] : []));
    t.deepEqual([refused.length, new Set(refused)], [900, new Set(['out-of-stock'])]);
    t.deepEqual(await first.counters('hot'), { onHand: 100, reserved: 100, backordered: 0 });
    t.deepEqual(await first.drifts(), []);
    t.is((await first.query('select from reservations')).length, 100);
    const states = (await first.events('hot'))
      .filter(({ type }) => type === 'stock-changed')
      .map(({ data }) => data.stock);
    // Whoever decides sees what those before it have decided: no two events tell of the same units.
    t.deepEqual(
      states.map(({ version }) => version),
      states.map((_, index) => index + 1),
    );
    t.true(states.every(({ reserved }, index) => index === 0 || reserved > states[index - 1].reserved));
    t.like(states.at(-1), { reserved: 100, available: 0, availability: 'out-of-stock' });
    const edges = (await first.events('hot')).map(({ type }) => type).filter((type) => type !== 'stock-changed');
    t.deepEqual(
      edges.filter((type) => type !== 'stock-low'), // a group may take the last ones at once
      ['back-in-stock', 'stock-out'],
    );
  },
);

test.serial('baskets in one order and in the other never end in a deadlock', async (t) => {
  const all = await replicas(t, 2);
  const [first] = all;
  if (first === undefined) return t.fail();
  await receive(first, { a: 1000, b: 1000, c: 1000 });
  const baskets = [
    ['a', 'b', 'c'],
    ['c', 'b', 'a'],
    ['b', 'a'],
    ['c', 'a'],
    ['b', 'c'],
  ];
  const deadlocks = async () =>
    (await first.query(`select deadlocks::int from pg_stat_database where datname = current_database()`))[0].deadlocks;
  const before = await deadlocks();
  const orders = Array.from({ length: 400 }, (_, index) => baskets[index % baskets.length] ?? []);
  const results = await Promise.all(orders.map((skus, index) => reserve(all[index % 2] ?? first, skus)));
  const ids = idsOf(results);
  t.is(ids.length, 400);
  // The other way round and through the other replica, each half in its own way.
  const endings = ids.map(
    (id, index) => ({ id, ending: index % 2 === 0 ? 'confirm' : 'release', actor: 'order' }) as const,
  );
  await Promise.all(
    endings.toReversed().map((ending, index) => (all[(index + 1) % 2] ?? first).deps.ending.add(ending)),
  );
  t.is(await deadlocks(), before);
  const sold = orders.filter((_, index) => index % 2 === 0);
  for (const sku of ['a', 'b', 'c']) {
    const taken = sold.filter((skus) => skus.includes(sku)).length;
    t.deepEqual(await first.counters(sku), { onHand: 1000 - taken, reserved: 0, backordered: 0 }, sku);
  }
  t.deepEqual(await first.drifts(), []);
});

test.serial('one order that is sent to every replica at once is reserved once', async (t) => {
  const all = await replicas(t, 3);
  const [first] = all;
  if (first === undefined) return t.fail();
  await receive(first, { x: 30 });
  for (let round = 0; round < 10; round += 1) {
    const orderId = randomUUID();
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, index) => reserve(all[index % 3] ?? first, ['x'], orderId)),
    );
    t.is(new Set(idsOf(results)).size, 1);
    t.is(results.filter((result) => result.state === 'reserved' && result.isNew).length, 1);
  }
  t.deepEqual(await first.counters('x'), { onHand: 30, reserved: 10, backordered: 0 });
  t.deepEqual(await first.drifts(), []);
});

test.serial(
  'expiry racing confirmation: each reservation ends exactly one way, and the units are where it says',
  async (t) => {
    const [one, two] = await replicas(t, 2);
    if (one === undefined || two === undefined) return t.fail();
    await receive(one, { y: 200 });
    const ids = idsOf(await Promise.all(Array.from({ length: 200 }, () => reserve(one, ['y']))));
    t.is(ids.length, 200);
    // Times run out one after the other, while some confirm and others sweep.
    await one.query(
      `update reservations r set expires_at = clock_timestamp() + make_interval(secs => place * 0.004)
     from unnest($1::uuid[]) with ordinality as u (id, place) where r.id = u.id`,
      [ids],
    );
    let isOver = false;
    const sweep = async ({ deps }: Inventory): Promise<number> => {
      let count = 0;
      while (!isOver) count += await expireOverdue(deps, 7);
      return count;
    };
    const swept = Promise.all([sweep(one), sweep(two)]);
    const confirmations = await Promise.all(
      ids.map((id, index) => (index % 2 === 0 ? one : two).deps.ending.add({ id, ending: 'confirm', actor: 'order' })),
    );
    await waitFor(
      'nothing is active',
      async () => (await one.query(`select from reservations where status = 'active'`)).length === 0,
      { timeoutMs: 60_000 },
    );
    isOver = true;
    await swept;
    const confirmed = confirmations.filter(({ state }) => state === 'ended').length;
    const rows = await one.query('select status, count(*)::int from reservations group by status');
    const byStatus = Object.fromEntries(rows.map(({ status, count }) => [status, count]));
    t.deepEqual(
      byStatus,
      Object.fromEntries(Object.entries({ confirmed, expired: 200 - confirmed }).filter(([, count]) => count > 0)),
    );
    t.deepEqual(await one.counters('y'), { onHand: 200 - confirmed, reserved: 0, backordered: 0 });
    const ends = await one.query(
      `select reference, count(*)::int from stock_movements where reason in ('confirmed', 'expired', 'released') group by reference having count(*) <> 1`,
    );
    t.deepEqual(ends, [], 'one movement for each end');
    t.deepEqual(await one.drifts(), []);
    t.log(`${confirmed} confirmed, ${200 - confirmed} expired`);
  },
);

test.serial('a confirmation and a sweep of the same overdue reservation at the same moment', async (t) => {
  const [one, two] = await replicas(t, 2);
  if (one === undefined || two === undefined) return t.fail();
  await receive(one, { z: 40 });
  const ids = idsOf(await Promise.all(Array.from({ length: 40 }, () => reserve(one, ['z']))));
  await letExpire(one, ...ids);
  const [results, count] = await Promise.all([
    Promise.all(ids.map((id) => endGroup(one.deps, [{ id, ending: 'confirm', actor: 'order' }]))),
    expireOverdue(two.deps, 40),
  ]);
  t.true(results.flat().every((result) => result.state === 'refused' && result.refusal.code === 'reservation-closed'));
  t.deepEqual(await one.counters('z'), { onHand: 40, reserved: 0, backordered: 0 });
  t.is((await one.query(`select from reservations where status = 'expired'`)).length, 40);
  t.deepEqual(await one.drifts(), []);
  t.log(`${count} by the sweeper, ${40 - count} by the confirmations`);
});

test.serial('three replicas sweep: everything overdue expires once, the rest stays', async (t) => {
  const all = await replicas(t, 3);
  const [first] = all;
  if (first === undefined) return t.fail();
  await receive(first, { s: 700, u: 700 });
  const ids = idsOf(await Promise.all(Array.from({ length: 700 }, () => reserve(first, ['s', 'u']))));
  await letExpire(first, ...ids.slice(0, 650));
  const registries = all.map(() => createMetrics('inventory', 'test').registry);
  const sweepers = all.map(({ deps }, index) =>
    createSweeper(deps, { logger: silentLogger, registry: registries[index] ?? t.fail(), periodMs: 20 }),
  );
  for (const sweeper of sweepers) await sweeper.start();
  await waitFor(
    'all are swept',
    async () => (await first.query(`select from reservations where status = 'expired'`)).length === 650,
    { timeoutMs: 60_000 },
  );
  for (const sweeper of sweepers) await sweeper.stop();
  t.deepEqual(await first.counters('s'), { onHand: 700, reserved: 50, backordered: 0 });
  t.deepEqual(await first.drifts(), []);
  const counts = await Promise.all(
    registries.map(
      async (registry) =>
        (await registry.getSingleMetric('inventory_reservations_expired_total')?.get())?.values[0]?.value ?? 0,
    ),
  );
  t.is(
    counts.reduce((sum, value) => sum + value, 0),
    650,
  );
  t.log(`swept by each: ${counts.join(', ')}`);
  const told = (await first.events('s')).filter(({ type }) => type === 'reservation-expired');
  t.is(new Set(told.map(({ data }) => data.reservationId)).size, 650);
  t.is(told.length, 650);
});

test.serial('stock that is overdue at the moment of an order is the order’s, also while others sweep it', async (t) => {
  const [one, two] = await replicas(t, 2);
  if (one === undefined || two === undefined) return t.fail();
  await receive(one, { v: 20 });
  for (let round = 0; round < 15; round += 1) {
    const ids = idsOf(await Promise.all(Array.from({ length: 20 }, () => reserve(one, ['v']))));
    t.is(ids.length, 20, `round ${round}`);
    await letExpire(one, ...ids);
    const next = Promise.all(Array.from({ length: 20 }, (_, index) => reserve(index % 2 === 0 ? one : two, ['v'])));
    const [held] = await Promise.all([next, expireOverdue(two.deps, 5), expireOverdue(one.deps, 5)]);
    t.is(idsOf(held).length, 20, `round ${round}`);
    await Promise.all(idsOf(held).map((id) => one.deps.ending.add({ id, ending: 'release', actor: 'order' })));
  }
  t.deepEqual(await one.drifts(), []);
});
