import test from 'ava';
import type { CallOptions } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { type Role, roles } from '#contracts/identity.ts';
import { inventoryService } from './service.ts';
import {
  expect,
  type InventoryUnderTest,
  mainWarehouse,
  receive,
  reserve,
  startInventory,
} from './testing/inventory-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const declarations = inventoryService.routes.map(({ declaration }) => declaration);
/** Who may, written anew: the declarations are what is tested. */
const keepers: readonly Role[] = ['admin', 'warehouse'];
const matrix: Readonly<Record<string, 'everybody' | readonly Role[]>> = {
  getAvailability: 'everybody',
  listWarehouses: keepers,
  createWarehouse: keepers,
  getWarehouse: keepers,
  updateWarehouse: keepers,
  listStockLevels: keepers,
  getStockLevel: keepers,
  countStockLevel: keepers,
  getStockItem: keepers,
  updateStockItem: keepers,
  adjustStock: keepers,
  listStockMovements: keepers,
  createReservation: ['service'],
  getReservation: ['service'],
  extendReservation: ['service'],
  confirmReservation: ['service'],
  releaseReservation: ['service'],
};
const sku = 'secret-sku';
let count = 0;

/** A body that the operation carries out. */
function bodyOf(operationId: string): unknown {
  count += 1;
  const bodies: Readonly<Record<string, unknown>> = {
    createWarehouse: { code: `code-${count}`, name: 'A' },
    updateWarehouse: { name: `Name ${count}` },
    countStockLevel: { onHand: 100 + count, reference: `r-${count}` },
    updateStockItem: { lowStockAt: count % 5 },
    adjustStock: { reference: `r-${count}`, reason: 'found', lines: [{ sku, warehouseId: mainWarehouse, delta: 1 }] },
    createReservation: {
      orderId: `01a20792-7531-7b89-86c5-${String(count).padStart(12, '0')}`,
      lines: [{ sku, quantity: 1 }],
    },
    extendReservation: { ttlSeconds: 60 + count },
  };
  return bodies[operationId];
}

test('the matrix has every operation', (t) => {
  t.deepEqual(Object.keys(matrix).toSorted(), declarations.map(({ operationId }) => operationId).toSorted());
});

const callersOf = (operationId: string): readonly (readonly [string, readonly Role[] | undefined])[] => [
  ['guest', undefined],
  ...roles.map((role) => [role, [role]] as const),
  ['everything but those who may', roles.filter((role) => !matrix[operationId]?.includes(role))],
];

/** Everything that operations change. */
async function contents(service: InventoryUnderTest): Promise<string> {
  const rows = await service.query(
    `select (select json_agg(w order by id) from warehouses w), (select json_agg(l) from stock_levels l),
       (select json_agg(i) from stock_items i), (select json_agg(r order by id) from reservations r), (select count(*) from stock_movements)`,
  );
  return JSON.stringify(rows);
}

/** The path of a thing that is there; of a reservation a fresh one, for the caller before may have ended the other. */
async function urlFor(service: InventoryUnderTest, path: string): Promise<string> {
  const isOne = path.includes('reservations/');
  const id = isOne ? expect(await reserve(service, { [sku]: 1 }), 201).json.id : mainWarehouse;
  const url = path.replace('{id}', id).replace('{warehouseId}', mainWarehouse).replace('{sku}', sku);
  return path.endsWith('availability') ? `${url}?skus=${sku}` : url;
}

for (const { operationId, method, path } of declarations) {
  test.serial(`${operationId}: only who may, may`, async (t) => {
    const service = await startInventory(t, databases);
    await receive(service, { [sku]: 100 });
    for (const [name, own] of callersOf(operationId)) {
      const url = await urlFor(service, path);
      const body = bodyOf(operationId);
      const options: CallOptions = {
        headers: { 'if-match': '*' },
        ...(own === undefined ? {} : { roles: own }),
        ...(body === undefined ? {} : { body }),
      };
      const before = await contents(service);
      const answer = await service.call(method, url, options);
      t.is(answer.status < 300 ? 'done' : answer.status, expected(operationId, own), `${name}: ${answer.text}`);
      if (answer.status < 300) continue;
      t.false(answer.text.includes(sku), `${name} learns nothing`);
      t.is(await contents(service), before, `${name} changes nothing`);
    }
  });
}

function expected(operationId: string, own: readonly Role[] | undefined): 'done' | 401 | 403 {
  const allowed = matrix[operationId] ?? [];
  if (allowed === 'everybody') return 'done';
  if (own === undefined) return 401;
  return own.some((role) => allowed.includes(role)) ? 'done' : 403;
}
