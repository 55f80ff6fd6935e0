import test from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import {
  act,
  aSku,
  expect,
  type InventoryUnderTest,
  receive,
  reserve,
  startInventory,
} from './testing/inventory-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

async function metric({ adminUrl }: InventoryUnderTest, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const [, value] = new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(text) ?? [];
  return Number(value);
}

/** Resolves after a look that began after now. */
async function untilVerified(service: InventoryUnderTest, drifts: number): Promise<void> {
  await waitFor(`${drifts} drifts`, async () => (await metric(service, 'inventory_drift_levels')) === drifts, {
    timeoutMs: 60_000,
  });
  const name = 'inventory_drift_checked_timestamp_seconds';
  const seen = await metric(service, name);
  for (let look = 0, last = seen; look < 2; look += 1)
    last = await waitFor(
      'another look',
      async () => ((await metric(service, name)) > last ? metric(service, name) : false),
      { timeoutMs: 60_000 },
    );
  if ((await metric(service, 'inventory_drift_levels')) !== drifts) throw new Error(`not ${drifts} drifts any more`);
}

test('a counter that was changed by hand is found, named and counted, and the rest is not', async (t) => {
  const service = await startInventory(t, databases, { APP_STOCK_VERIFY_MS: '100' });
  const [good, onHand, reserved, held] = [aSku(), aSku(), aSku(), aSku()];
  await receive(service, { [good]: 1000, [onHand]: 10, [reserved]: 10, [held]: 10 });
  // Enough movements for a checkpoint, so that it is not only the whole ledger that is compared.
  for (let round = 0; round < 11; round += 1) {
    const made = await Promise.all(Array.from({ length: 20 }, () => reserve(service, { [good]: 1 })));
    await Promise.all(made.map(({ json }, index) => act(service, json.id, index % 2 === 0 ? 'confirm' : 'release')));
  }
  const open = expect(await reserve(service, { [held]: 3 }), 201).json;
  await untilVerified(service, 0);
  t.is((await service.query('select from stock_checkpoints where sku = $1', [good])).length, 1);

  await service.query('update stock_levels set on_hand = on_hand - 1 where sku = $1', [onHand]);
  await service.query('update stock_levels set reserved = reserved + 1 where sku = $1', [reserved]);
  // Counters and ledger agree, and nobody holds the units.
  await service.query(`update reservations set status = 'released', closed_at = now() where id = $1`, [open.id]);
  await service.query('update stock_levels set on_hand = on_hand + 1 where sku = $1', [good]);
  await untilVerified(service, 4);
  const named = service.logs.flatMap(({ level, drift }) => (level === 'error' ? [(drift as { sku: string }).sku] : []));
  t.deepEqual([...new Set(named)].toSorted(), [good, onHand, reserved, held].toSorted());

  await service.query('update stock_levels set on_hand = on_hand + 1 where sku = $1', [onHand]);
  await service.query('update stock_levels set reserved = reserved - 1 where sku = $1', [reserved]);
  await service.query(`update reservations set status = 'active', closed_at = null where id = $1`, [open.id]);
  await service.query('update stock_levels set on_hand = on_hand - 1 where sku = $1', [good]);
  await untilVerified(service, 0);
});

test('under load the verifier sees no drift that is none', async (t) => {
  const service = await startInventory(t, databases, { APP_STOCK_VERIFY_MS: '100' });
  const sku = aSku();
  await receive(service, { [sku]: 100_000 });
  let isOver = false;
  const caller = async () => {
    while (!isOver) {
      const { json } = expect(await reserve(service, { [sku]: 1 }), 201);
      expect(await act(service, json.id, 'confirm'), 200);
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  await untilVerified(service, 0);
  await untilVerified(service, 0);
  isOver = true;
  await Promise.all(callers);
  t.deepEqual(
    service.logs.filter(({ level }) => level === 'error'),
    [],
  );
});

test('the ledger can only grow', async (t) => {
  const service = await startInventory(t, databases);
  await receive(service, { [aSku()]: 1 });
  for (const text of [
    'update stock_movements set reserved_delta = 0',
    'delete from stock_movements',
    'truncate stock_movements',
  ])
    await t.throwsAsync(service.query(text), { message: /append-only/ }, text);
  t.is((await service.query('select from stock_movements')).length, 1);
});
