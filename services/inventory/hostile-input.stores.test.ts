import test from 'ava';
import { describeApi } from '#chassis/http/openapi.ts';
import { type DescribedOperation, readApiDescription } from '#chassis/testing/api-description.ts';
import { findFaultOfAnswer, type HostileRequest, hostileRequests } from '#chassis/testing/hostile-input.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { inventoryService } from './service.ts';
import {
  aSku,
  type InventoryUnderTest,
  mainWarehouse,
  receive,
  startInventory,
} from './testing/inventory-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const api = readApiDescription(
  describeApi({ title: 'Inventory', description: '', version: 'test' }, inventoryService.routes),
);
const somebody = '01a20792-7531-7b89-86c5-c73c7e30f850';
/** Valid bodies; what they ask for is not there. */
const bodies: Readonly<Record<string, Record<string, unknown>>> = {
  createWarehouse: { code: 'main', name: 'A', priority: 1, isActive: true },
  updateWarehouse: { code: 'other', name: 'A', priority: 1, isActive: true },
  adjustStock: { reference: 'r', reason: 'received', lines: [{ sku: 'none', warehouseId: somebody, delta: 1 }] },
  countStockLevel: { onHand: 1, reference: 'r' },
  updateStockItem: { backorderCap: 1, lowStockAt: 1, recoveredAt: 2, backInStockAt: 1 },
  createReservation: {
    orderId: somebody,
    holderId: somebody,
    lines: [{ sku: 'none', quantity: 1 }],
    strategy: 'priority',
    ttlSeconds: 60,
  },
  extendReservation: { ttlSeconds: 60 },
};
const tables = [
  'warehouses',
  'stock_items',
  'stock_levels',
  'stock_movements',
  'reservations',
  'reservation_lines',
  'adjustments',
  'idempotency_keys',
  'outbox',
];

async function contents(service: InventoryUnderTest): Promise<string> {
  const rows = [];
  for (const table of tables) rows.push(await service.query(`select t::text from ${table} t order by 1`));
  return JSON.stringify(rows);
}

async function send(service: InventoryUnderTest, request: HostileRequest): Promise<string | undefined> {
  const { operation, url, body } = request;
  const options = { headers: { 'if-match': '*', ...request.headers }, ...(body === undefined ? {} : { body }) };
  const answer = await service.call(operation.method.toUpperCase(), url, { roles: ['admin', 'service'], ...options });
  return findFaultOfAnswer(request, answer);
}

function validFor(operation: DescribedOperation) {
  const params = { id: somebody, warehouseId: somebody, sku: 'none' };
  const used = Object.fromEntries(Object.entries(params).filter(([name]) => operation.path.includes(`{${name}}`)));
  return { body: operation.bodySchema === undefined ? undefined : bodies[operation.id], params: used };
}

test('every operation with a body has a valid one here', (t) => {
  const wanted = api.operations.filter(({ bodySchema }) => bodySchema !== undefined);
  t.deepEqual(Object.keys(bodies).toSorted(), wanted.map(({ id }) => id).toSorted());
  for (const operation of wanted) t.true(api.acceptsBody(operation, bodies[operation.id]), operation.id);
});

for (const operation of api.operations) {
  test.serial(`hostile input to ${operation.id} is refused and stores nothing`, async (t) => {
    const service = await startInventory(t, databases);
    await receive(service, { [aSku()]: 5 }, mainWarehouse);
    const before = await contents(service);
    const all = hostileRequests(api, operation, validFor(operation));
    const forbidden = all.filter((request) => !request.isPerhapsValid);
    const faults: (string | undefined)[] = [];
    for (const request of forbidden) faults.push(await send(service, request));
    t.is(await contents(service), before);
    for (const request of all.filter((other) => other.isPerhapsValid)) faults.push(await send(service, request));
    t.deepEqual(
      faults.filter((fault) => fault !== undefined),
      [],
    );
    t.deepEqual(await service.drifts(), []);
    t.log(`${all.length} requests, ${forbidden.length} of them forbidden by the description`);
  });
}

/** What a description cannot say of lines: how they belong together, and their bounds one by one. */
const hostileLines: readonly (readonly [string, unknown])[] = [
  ['no lines', []],
  [
    'too many lines',
    Array.from({ length: 501 }, (_, index) => ({ sku: `s${index}`, warehouseId: mainWarehouse, delta: 1 })),
  ],
  ['one level twice', [1, 2].map((delta) => ({ sku: 'a', warehouseId: mainWarehouse, delta }))],
  ['neither delta nor count', [{ sku: 'a', warehouseId: mainWarehouse }]],
  ['delta and count', [{ sku: 'a', warehouseId: mainWarehouse, delta: 1, counted: 1, version: 1 }]],
  ['a count without version', [{ sku: 'a', warehouseId: mainWarehouse, counted: 1 }]],
  ...[0, 1.5, 1e9, -1e9, '1', null, Number.MAX_SAFE_INTEGER].map(
    (delta) => [`delta ${delta}`, [{ sku: 'a', warehouseId: mainWarehouse, delta }]] as const,
  ),
  ...['', ' ', 'a b', 'x'.repeat(65), "'; drop table stock_levels; --", 'ä', null].map(
    (sku) => [`SKU ${sku}`, [{ sku, warehouseId: mainWarehouse, delta: 1 }]] as const,
  ),
];

test('hostile lines are refused and store nothing', async (t) => {
  const service = await startInventory(t, databases);
  const before = await contents(service);
  const roles = ['admin', 'service'] as const;
  for (const [about, lines] of hostileLines) {
    const body = { reference: 'r', reason: 'received', lines };
    const answer = await service.call('POST', '/api/v1/stock/adjustments', { roles, body });
    t.is(answer.json.code, 'validation-failed', about);
  }
  for (const quantity of [0, -1, 1.5, 10_001, '1', null]) {
    const body = { orderId: somebody, lines: [{ sku: 'a', quantity }] };
    t.is((await service.call('POST', '/api/v1/reservations', { roles, body })).json.code, 'validation-failed');
  }
  const twice = { orderId: somebody, lines: [1, 2].map((quantity) => ({ sku: 'a', quantity })) };
  t.is((await service.call('POST', '/api/v1/reservations', { roles, body: twice })).json.code, 'validation-failed');
  t.is(await contents(service), before);
});
