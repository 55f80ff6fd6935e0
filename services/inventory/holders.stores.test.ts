import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import {
  act,
  aSku,
  buildInventory,
  expect,
  letExpire,
  mainWarehouse,
  order,
  receive,
  reserve,
  startInventory,
} from './testing/inventory-under-test.ts';
import { adjustStock } from './use-cases/adjust-stock.ts';
import type { Holder, ReserveResult } from './use-cases/reserve.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

type Inventory = Awaited<ReturnType<typeof buildInventory>>;

/** Three processes on one database that has a thousand of each SKU. */
async function replicas(t: ExecutionContext, skus: readonly string[]): Promise<readonly Inventory[]> {
  const first = await buildInventory(t, databases, { APP_STOCK_GROUP_MAX_ITEMS: '8' });
  const others = [1, 2].map(() => buildInventory(t, databases, first.environment));
  const lines = skus.map((sku) => ({ sku, warehouseId: mainWarehouse, delta: 1000 }));
  await adjustStock(first.deps, { reference: randomUUID(), reason: 'received', lines }, 'test');
  return [first, ...(await Promise.all(others))];
}

const add = ({ deps }: Inventory, sku: string, holder?: Holder): Promise<ReserveResult> =>
  deps.reserving.add({
    orderId: randomUUID(),
    holder,
    lines: [{ sku, quantity: 1 }],
    strategy: 'priority',
    ttlMs: 900_000,
    actor: 'order',
  });

const codesOf = (results: readonly ReserveResult[]): Record<string, number> => {
  const codes: Record<string, number> = {};
  for (const result of results) {
    const code = result.state === 'refused' ? result.refusal.code : result.state;
    codes[code] = (codes[code] ?? 0) + 1;
  }
  return codes;
};

for (const [what, skuOf] of [
  ['the same SKU', () => 'hot'],
  ['a SKU of its own each', (index: number) => `sku-${index}`],
] as const) {
  test.serial(`50 reservations of one holder at once by three replicas, ${what}: 10 are held`, async (t) => {
    const all = await replicas(t, [...new Set(Array.from({ length: 50 }, (_, index) => skuOf(index)))]);
    const holder = { id: randomUUID(), limit: 10 };
    const each = <T>(ask: (inventory: Inventory, sku: string) => Promise<T>) =>
      all.flatMap((inventory, replica) =>
        Array.from({ length: 50 }, (_, index) => [inventory, skuOf(index), index % 3 === replica] as const)
          .filter(([, , isTurn]) => isTurn)
          .map(([one, sku]) => ask(one, sku)),
      );
    // Others in the same transactions: their own limits, or none.
    const [hoarder, neighbours, strangers] = await Promise.all([
      Promise.all(each((inventory, sku) => add(inventory, sku, holder))),
      Promise.all(each((inventory, sku) => add(inventory, sku, { id: randomUUID(), limit: 1 }))),
      Promise.all(each((inventory, sku) => add(inventory, sku))),
    ]);
    t.deepEqual(codesOf(hoarder), { reserved: 10, 'too-many-reservations': 40 });
    t.deepEqual(codesOf([...neighbours, ...strangers]), { reserved: 100 });
    const [first] = all;
    t.deepEqual(await first?.drifts(), []);
    const held = await first?.query('select from reservations where holder_id = $1', [holder.id]);
    t.is(held?.length, 10, 'what is refused leaves nothing');
  });
}

test('what was confirmed, released, or is beyond its time does not count, nor does an order that comes again', async (t) => {
  const inventory = await startInventory(t, databases, { APP_RESERVATIONS_PER_CUSTOMER: '3' });
  const sku = aSku();
  await receive(inventory, { [sku]: 100 });
  const holderId = randomUUID();
  const ask = (more: Readonly<Record<string, unknown>> = {}) => reserve(inventory, { [sku]: 1 }, { holderId, ...more });
  const refuses = async () => {
    const answer = expect(await ask({ holderId: holderId.toUpperCase() }), 409);
    t.is(answer.json.code, 'too-many-reservations');
  };
  const orderId = randomUUID();
  const [first, second, third] = [expect(await ask({ orderId }), 201), await ask(), await ask()].map(
    ({ json }) => json,
  );
  t.is(first.holderId, holderId);
  await refuses();
  for (const again of [orderId, orderId.toUpperCase()])
    t.is(expect(await ask({ orderId: again }), 200).json.id, first.id, 'a repeated order is no other one');
  t.is((await reserve(inventory, { [sku]: 1 })).json.holderId, null, 'who names no holder is not counted');

  expect(await act(inventory, first.id, 'confirm'), 200);
  expect(await ask(), 201);
  await refuses();
  expect(await act(inventory, second.id, 'release'), 200);
  expect(await ask(), 201);
  await refuses();
  await letExpire(inventory, third.id); // and no sweeper has been there
  const last = expect(await ask(), 201).json;
  await refuses();

  const read = await inventory.call('GET', `/api/v1/reservations/${last.id}`, order);
  t.is(read.json.holderId, holderId);
  t.deepEqual(await inventory.drifts(), []);
});

test('the limit of a shop that says nothing is 10', async (t) => {
  const inventory = await startInventory(t, databases);
  const sku = aSku();
  await receive(inventory, { [sku]: 100 });
  const holderId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 12 }, () => reserve(inventory, { [sku]: 1 }, { holderId })));
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [...Array(10).fill(201), 409, 409]);
});
