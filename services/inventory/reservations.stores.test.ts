import { randomUUID } from 'node:crypto';
import test from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import {
  act,
  aSku,
  aWarehouse,
  expect,
  keeper,
  letExpire,
  mainWarehouse,
  order,
  receive,
  reserve,
  startInventory,
} from './testing/inventory-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

test('stock is held, then sold; the order’s second request has the first one’s reservation', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  await receive(service, { [sku]: 5 });
  const orderId = randomUUID();
  const first = expect(await reserve(service, { [sku]: 2 }, { orderId }), 201);
  t.like(first.json, { orderId, status: 'active', strategy: 'priority', closedAt: null });
  t.deepEqual(first.json.lines, [{ sku, warehouseId: mainWarehouse, quantity: 2, backordered: 0 }]);
  t.is(Date.parse(first.json.expiresAt) - Date.parse(first.json.createdAt), 900_000);
  t.is(first.headers.get('location'), `/api/v1/reservations/${first.json.id}`);
  t.deepEqual(await service.counters(sku), { onHand: 5, reserved: 2, backordered: 0 });

  t.deepEqual(expect(await reserve(service, { [sku]: 2 }, { orderId }), 200).json, first.json);
  const other = await reserve(service, { [sku]: 3 }, { orderId });
  t.like([other.status, other.json.code], [409, 'order-already-reserved']);
  t.deepEqual(await service.counters(sku), { onHand: 5, reserved: 2, backordered: 0 });

  const sold = expect(await act(service, first.json.id, 'confirm'), 200);
  t.is(sold.json.status, 'confirmed');
  t.deepEqual(await service.counters(sku), { onHand: 3, reserved: 0, backordered: 0 });
  t.deepEqual(expect(await act(service, first.json.id, 'confirm'), 200).json, sold.json);
  t.deepEqual(expect(await service.call('GET', `/api/v1/reservations/${sold.json.id}`, order), 200).json, sold.json);
  t.is((await act(service, first.json.id, 'release')).json.code, 'reservation-closed');
  t.is((await act(service, first.json.id, 'extend', {})).json.code, 'reservation-closed');
  t.deepEqual(await service.counters(sku), { onHand: 3, reserved: 0, backordered: 0 });
  t.deepEqual(await service.drifts(), []);
});

test('what is released is free again, once', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  await receive(service, { [sku]: 2 });
  const { id } = expect(await reserve(service, { [sku]: 2 }), 201).json;
  t.is((await reserve(service, { [sku]: 1 })).json.code, 'out-of-stock');
  t.is(expect(await act(service, id, 'release'), 200).json.status, 'released');
  expect(await act(service, id, 'release'), 200);
  t.is((await act(service, id, 'confirm')).json.code, 'reservation-closed');
  t.deepEqual(await service.counters(sku), { onHand: 2, reserved: 0, backordered: 0 });
  expect(await reserve(service, { [sku]: 2 }), 201);
  t.deepEqual(await service.drifts(), []);
});

test('an order that cannot be served as a whole holds nothing, and is told which lines and how many', async (t) => {
  const service = await startInventory(t, databases);
  const [a, b, unknown] = [aSku(), aSku(), aSku()];
  await receive(service, { [a]: 5, [b]: 1 });
  const before = await service.query('select count(*)::int from stock_movements');
  const answer = await reserve(service, { [a]: 2, [b]: 3, [unknown]: 1 });
  t.is(answer.status, 409);
  t.is(answer.json.code, 'out-of-stock');
  t.deepEqual(answer.json.errors, [
    { pointer: '#/lines/1/quantity', detail: `3 of ${b} are wanted and 1 can be had` },
    { pointer: '#/lines/2/quantity', detail: `1 of ${unknown} are wanted and 0 can be had` },
  ]);
  t.deepEqual(await service.query('select count(*)::int from stock_movements'), before);
  t.is((await service.query('select from reservations')).length, 0);
  t.deepEqual(await service.counters(a), { onHand: 5, reserved: 0, backordered: 0 });
});

test('the time of a reservation is exact: what is overdue is not sold, and gives way to the next order', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  await receive(service, { [sku]: 3 });
  const first = expect(await reserve(service, { [sku]: 3 }), 201).json;
  await letExpire(service, first.id);
  const seen = expect(await service.call('GET', `/api/v1/reservations/${first.id}`, order), 200).json;
  t.is(seen.status, 'expired');
  t.is(seen.closedAt, seen.expiresAt);
  // Nobody has swept yet.
  t.deepEqual(await service.counters(sku), { onHand: 3, reserved: 3, backordered: 0 });
  const second = expect(await reserve(service, { [sku]: 3 }), 201).json;
  t.deepEqual(await service.counters(sku), { onHand: 3, reserved: 3, backordered: 0 });
  t.is((await act(service, first.id, 'confirm')).json.code, 'reservation-closed');
  expect(await act(service, first.id, 'release'), 200);

  await letExpire(service, second.id);
  const late = await act(service, second.id, 'confirm');
  t.like([late.status, late.json.code], [409, 'reservation-closed']);
  t.true(late.json.detail.includes('expired'));
  t.deepEqual(await service.counters(sku), { onHand: 3, reserved: 0, backordered: 0 });
  t.deepEqual(await service.drifts(), []);
});

test('a reservation is extended from now on, never shortened, and not beyond its longest life', async (t) => {
  const service = await startInventory(t, databases, { APP_RESERVATION_LONGEST_MS: '3600000' });
  const sku = aSku();
  await receive(service, { [sku]: 1 });
  const made = expect(await reserve(service, { [sku]: 1 }, { ttlSeconds: 600 }), 201).json;
  t.is(Date.parse(made.expiresAt) - Date.parse(made.createdAt), 600_000);
  const longer = expect(await act(service, made.id, 'extend', { ttlSeconds: 1200 }), 200).json;
  t.true(Date.parse(longer.expiresAt) - Date.parse(made.createdAt) >= 1_200_000);
  const same = expect(await act(service, made.id, 'extend', { ttlSeconds: 1 }), 200).json;
  t.is(same.expiresAt, longer.expiresAt);
  const most = expect(await act(service, made.id, 'extend', { ttlSeconds: 80_000 }), 200).json;
  t.is(Date.parse(most.expiresAt) - Date.parse(made.createdAt), 3_600_000);
  await letExpire(service, made.id);
  t.is((await act(service, made.id, 'extend', {})).json.code, 'reservation-closed');
  t.is((await act(service, randomUUID(), 'extend', {})).json.code, 'not-found');
  t.is((await act(service, randomUUID(), 'confirm')).json.code, 'not-found');
});

test('the strategies: by priority, where most lies, and one parcel where there is one', async (t) => {
  const service = await startInventory(t, databases);
  const [near, far] = [await aWarehouse(service, 1), await aWarehouse(service, 2)];
  const [a, b] = [aSku(), aSku()];
  await receive(service, { [a]: 3, [b]: 1 }, near);
  await receive(service, { [a]: 10, [b]: 5 }, far);
  const places = async (strategy: string, quantities: Record<string, number>) => {
    const { id, lines } = expect(await reserve(service, quantities, { strategy }), 201).json;
    await act(service, id, 'release');
    const name = (warehouse: string) => (warehouse === near ? 'near' : 'far');
    return lines
      .map((line: { sku: string; warehouseId: string; quantity: number }) =>
        [line.sku, name(line.warehouseId), line.quantity].join(' '),
      )
      .toSorted();
  };
  t.deepEqual(await places('priority', { [a]: 2 }), [`${a} near 2`]);
  t.deepEqual(await places('priority', { [a]: 5 }), [`${a} far 2`, `${a} near 3`]);
  t.deepEqual(await places('most-stock', { [a]: 2 }), [`${a} far 2`]);
  t.deepEqual(await places('single-shipment', { [a]: 2, [b]: 2 }), [`${a} far 2`, `${b} far 2`]);
  t.deepEqual(await places('single-shipment', { [a]: 11, [b]: 1 }), [`${a} far 8`, `${a} near 3`, `${b} near 1`]);
  const off = { ...keeper, headers: { 'if-match': '*' }, body: { isActive: false } };
  expect(await service.call('PATCH', `/api/v1/warehouses/${near}`, off), 200);
  t.deepEqual(await places('priority', { [a]: 2 }), [`${a} far 2`]);
  t.is((await reserve(service, { [a]: 11 })).json.code, 'out-of-stock');
  t.deepEqual(await service.drifts(), []);
});

test('what may be sold ahead is limited for the SKU as a whole; a delivery goes to those who have bought', async (t) => {
  const service = await startInventory(t, databases);
  const other = await aWarehouse(service, 200);
  const sku = aSku();
  await receive(service, { [sku]: 2 });
  await receive(service, { [sku]: 1 }, other);
  const policy = { ...keeper, headers: { 'if-match': '"v1"' }, body: { backorderCap: 4 } };
  expect(await service.call('PATCH', `/api/v1/stock/items/${sku}`, policy), 200);
  t.is((await reserve(service, { [sku]: 8 })).json.code, 'out-of-stock');
  const ahead = expect(await reserve(service, { [sku]: 6 }), 201).json;
  t.deepEqual(ahead.lines, [
    { sku, warehouseId: mainWarehouse, quantity: 5, backordered: 3 },
    { sku, warehouseId: other, quantity: 1, backordered: 0 },
  ]);
  const word = async () => (await service.call('GET', `/api/v1/availability?skus=${sku}`)).json.items[0].availability;
  const promisable = async () =>
    (await service.call('GET', `/api/v1/availability?skus=${sku}`, order)).json.items[0].availableToPromise;
  t.deepEqual([await word(), await promisable()], ['backorder', 1]);
  expect(await reserve(service, { [sku]: 1 }), 201);
  t.deepEqual([await word(), await promisable()], ['out-of-stock', 0]);
  t.is((await reserve(service, { [sku]: 1 })).json.code, 'out-of-stock');
  expect(await act(service, ahead.id, 'confirm'), 200);
  t.deepEqual(await service.counters(sku), { onHand: 0, reserved: 1, backordered: 3 });
  await receive(service, { [sku]: 5 });
  t.deepEqual(await service.counters(sku), { onHand: 2, reserved: 1, backordered: 0 });
  t.is(await word(), 'low-stock');
  t.deepEqual(await service.drifts(), []);
});
