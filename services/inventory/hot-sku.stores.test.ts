import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { buildInventory, mainWarehouse } from './testing/inventory-under-test.ts';
import { reserveByLock } from './testing/reserve-by-lock.ts';

// What the group commit is for, in figures: they are printed and not judged, for the machine may be busy. That both ways
// hold the same is judged.
const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const callers = 64;
const skus = Array.from({ length: 1000 }, (_, index) => `sku-${index}`);

type Inventory = Awaited<ReturnType<typeof buildInventory>>;
type Reserve = (inventory: Inventory, sku: string) => Promise<unknown>;

const grouped: Reserve = ({ deps }, sku) =>
  deps.reserving.add({
    orderId: randomUUID(),
    lines: [{ sku, quantity: 1 }],
    strategy: 'priority',
    ttlMs: 900_000,
    actor: 'order',
  });

const locking: Reserve = ({ deps }, sku) => reserveByLock(deps, sku);

/** Reservations per second over some seconds, by callers that each ask again as soon as they have an answer. */
async function measure(inventory: Inventory, reserve: Reserve, choose: (n: number) => string): Promise<number> {
  let count = 0;
  let until = 0;
  const call = async () => {
    while (performance.now() < until) {
      count += 1;
      await reserve(inventory, choose(count));
    }
  };
  const run = async (ms: number) => {
    count = 0;
    const begun = performance.now();
    until = begun + ms;
    await Promise.all(Array.from({ length: callers }, call));
    return (count * 1000) / (performance.now() - begun);
  };
  await run(1000);
  return run(4000);
}

/** A shop with enough of everything. */
async function stocked(t: ExecutionContext, changes: Readonly<Record<string, string>> = {}): Promise<Inventory> {
  const inventory = await buildInventory(t, databases, changes);
  await inventory.query(`insert into stock_items (sku, alert) select unnest($1::text[]), 'ok'`, [skus]);
  await inventory.query(
    'insert into stock_levels (sku, warehouse_id, on_hand) select unnest($1::text[]), $2, 10000000',
    [skus, mainWarehouse],
  );
  await inventory.query(
    `insert into stock_movements (sku, warehouse_id, on_hand_delta, reason, reference, actor)
     select sku, warehouse_id, on_hand, 'received', 'test', 'test' from stock_levels`,
  );
  await inventory.query('analyze stock_items, stock_levels');
  return inventory;
}

const hot = () => 'sku-0';
const uniform = (n: number) => `sku-${(n * 7919) % skus.length}`;
const alone = { APP_STOCK_GROUP_MAX_ITEMS: '1', APP_STOCK_GROUP_MAX_RUNNING: '20' };

test.serial(`${callers} callers of one SKU and of a thousand: by groups and by a lock for each`, async (t) => {
  const figures: Record<string, number> = {};
  const ways = [
    ['hot, select for update', locking, hot, {}],
    ['hot, groups', grouped, hot, {}],
    ['uniform, select for update', locking, uniform, {}],
    ['uniform, the service without groups', grouped, uniform, alone],
    ['uniform, groups', grouped, uniform, {}],
  ] as const;
  for (const [name, reserve, choose, settings] of ways) {
    const inventory = await stocked(t, settings);
    figures[name] = await measure(inventory, reserve, choose);
    t.deepEqual(await inventory.drifts(), [], name);
    t.log(`${name}: ${Math.round(figures[name])} reservations/s`);
  }
  const ratio = (one: string, other: string) => ((figures[one] ?? 0) / (figures[other] ?? 1)).toFixed(2);
  t.log(`hot, groups : select for update = ${ratio('hot, groups', 'hot, select for update')}`);
  t.log(`uniform, groups : without = ${ratio('uniform, groups', 'uniform, the service without groups')}`);
  t.log(`uniform, groups : select for update = ${ratio('uniform, groups', 'uniform, select for update')}`);
});
