import { randomUUID } from 'node:crypto';
import test from 'ava';
import { callAsDescribed } from '#chassis/testing/described-calls.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { inventoryService } from './service.ts';
import { keeper, mainWarehouse, order, startInventory } from './testing/inventory-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

test('every operation answers as the served description says, in success and refusal', async (t) => {
  const service = await startInventory(t, databases);
  const { api, call, used } = await callAsDescribed(t, service);
  t.deepEqual(
    api.operations.map(({ id }) => id).toSorted(),
    inventoryService.routes.map(({ declaration }) => declaration.operationId).toSorted(),
  );
  const any = { ...keeper, headers: { 'if-match': '*' } };
  const stale = { ...keeper, headers: { 'if-match': '"v99"' } };
  const nobody = { id: randomUUID() };

  await call('listWarehouses', {}, keeper);
  await call('listWarehouses', { query: '?cursor=x' }, keeper);
  const warehouse = await call('createWarehouse', {}, { ...keeper, body: { code: 'b', name: 'B' } });
  await call('createWarehouse', {}, { ...keeper, body: { code: 'b', name: 'B' } });
  await call('createWarehouse', {}, { ...keeper, body: {} });
  const id: string = warehouse.json.id;
  await call('getWarehouse', { id }, keeper);
  await call('getWarehouse', nobody, keeper);
  await call('updateWarehouse', { id }, { ...any, body: { name: 'C' } });
  await call('updateWarehouse', { id }, { ...stale, body: { name: 'C' } });
  await call('updateWarehouse', { id }, { ...keeper, body: { name: 'C' } });

  const sku = 'sku-1';
  const adjustment = { reference: 'r1', reason: 'received', lines: [{ sku, warehouseId: mainWarehouse, delta: 5 }] };
  await call('adjustStock', {}, { ...keeper, body: adjustment });
  await call('adjustStock', {}, { ...keeper, body: adjustment });
  await call('adjustStock', {}, { ...keeper, body: { ...adjustment, reason: 'found' } });
  await call(
    'adjustStock',
    {},
    { ...keeper, body: { ...adjustment, reference: 'r2', lines: [{ sku, warehouseId: nobody.id, delta: 1 }] } },
  );
  await call(
    'adjustStock',
    {},
    { ...keeper, body: { ...adjustment, reference: 'r3', lines: [{ sku, warehouseId: mainWarehouse, delta: -9 }] } },
  );
  await call(
    'adjustStock',
    {},
    {
      ...keeper,
      body: { ...adjustment, reference: 'r4', lines: [{ sku, warehouseId: mainWarehouse, counted: 9, version: 77 }] },
    },
  );
  await call('adjustStock', {}, { body: adjustment });
  const level = { warehouseId: mainWarehouse, sku };
  await call('listStockLevels', {}, keeper);
  await call('listStockLevels', { query: '?limit=0' }, keeper);
  await call('getStockLevel', level, keeper);
  await call('getStockLevel', { ...level, sku: 'nothing' }, keeper);
  await call('countStockLevel', level, { ...any, body: { onHand: 6, reference: 'c1' } });
  await call('countStockLevel', level, { ...stale, body: { onHand: 6, reference: 'c2' } });
  await call('countStockLevel', level, { ...keeper, body: { onHand: 6, reference: 'c3' } });
  await call('countStockLevel', level, { ...any, body: { onHand: -1, reference: 'c4' } });
  await call('getStockItem', { sku }, keeper);
  await call('getStockItem', { sku: 'nothing' }, keeper);
  await call('updateStockItem', { sku }, { ...any, body: { lowStockAt: 2 } });
  await call('updateStockItem', { sku }, { ...stale, body: { lowStockAt: 2 } });
  await call('updateStockItem', { sku }, { ...any, body: { lowStockAt: 50 } });
  await call('listStockMovements', {}, keeper);
  await call('listStockMovements', {}, { roles: ['customer'] });
  await call('getAvailability', { query: `?skus=${sku},other` });
  await call('getAvailability', {});

  const body = { orderId: randomUUID(), lines: [{ sku, quantity: 2 }] };
  const made = await call('createReservation', {}, { ...order, body });
  await call('createReservation', {}, { ...order, body });
  await call('createReservation', {}, { ...order, body: { ...body, lines: [{ sku, quantity: 3 }] } });
  await call(
    'createReservation',
    {},
    { ...order, body: { ...body, orderId: randomUUID(), lines: [{ sku, quantity: 99 }] } },
  );
  await call('createReservation', {}, { ...order, body: {} });
  await call('createReservation', {}, { ...keeper, body });
  const one = { id: made.json.id as string };
  await call('getReservation', one, order);
  await call('getReservation', nobody, order);
  await call('extendReservation', one, { ...order, body: {} });
  await call('extendReservation', nobody, { ...order, body: {} });
  await call('confirmReservation', one, order);
  await call('confirmReservation', nobody, order);
  await call('releaseReservation', one, order);
  const second = await call('createReservation', {}, { ...order, body: { ...body, orderId: randomUUID() } });
  await call('releaseReservation', { id: second.json.id }, order);
  await call('releaseReservation', nobody, order);
  await call('extendReservation', one, { ...order, body: {} });

  const wanted = api.operations.filter(({ id: name }) => ![...(used.get(name) ?? [])].some((status) => status < 300));
  t.deepEqual(
    wanted.map(({ id: name }) => name),
    [],
    'each has succeeded',
  );
  const refused = api.operations.filter(({ id: name }) => ![...(used.get(name) ?? [])].some((status) => status >= 400));
  t.deepEqual(
    refused.map(({ id: name }) => name),
    [],
    'each has refused',
  );
});
