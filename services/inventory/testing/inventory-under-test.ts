/** The inventory service in tests: its callers, and stock to work with. */
import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import { type Environment, loadSettings } from '#chassis/config/settings.ts';
import { silentLogger } from '#chassis/logger.ts';
import { buildService } from '#chassis/running-service.ts';
import {
  type Answer,
  type CallOptions,
  type ServiceUnderTest,
  startUnderTest,
  testInternalKey,
} from '#chassis/testing/service-under-test.ts';
import type { TestDatabases } from '#chassis/testing/test-database.ts';
import { inventoryService } from '../service.ts';

/** The order service, as reservations know it. */
export const order: CallOptions = { roles: ['service'], subject: 'order' };
/** Somebody who works in a warehouse. */
export const keeper: CallOptions = { roles: ['warehouse'], subject: 'keeper' };

/** Of the migration: every shop has it. */
export const mainWarehouse = '00000000-0000-7000-8000-000000000001';

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of a row by its assertions
type Row = any;

export interface Counters {
  readonly onHand: number;
  readonly reserved: number;
  readonly backordered: number;
}

/** Looks into a database beside the services. */
export interface Looker {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Sums over the warehouses. */
  counters(sku: string): Promise<Counters>;
  /** Levels whose counters are not the sums of their movements, or whose reserved units nobody holds. */
  drifts(): Promise<readonly Row[]>;
  /** Types and data of events of the SKU, in order. */
  events(sku: string): Promise<readonly { readonly type: string; readonly data: Row }[]>;
}

export interface InventoryUnderTest extends ServiceUnderTest, Looker {
  readonly environment: Environment;
}

/** Nothing runs by itself unless the test is about it. */
const quiet: Environment = { APP_RESERVATION_SWEEP_MS: '600000', APP_STOCK_VERIFY_MS: '86400000' };

/** Starts the service on a database of its own, or on that of `changes`. */
export async function startInventory(
  t: Pick<ExecutionContext, 'teardown'>,
  databases: TestDatabases,
  changes: Environment = {},
): Promise<InventoryUnderTest> {
  const environment = { ...(await ownDatabase(databases, changes)), ...quiet, ...changes };
  const service = await startUnderTest(t, inventoryService, environment);
  return { ...service, ...(await lookInto(t, databases, environment)), environment };
}

/** Builds what its handlers work with, without a server and without workers: for thousands of callers. */
export async function buildInventory(
  t: Pick<ExecutionContext, 'teardown'>,
  databases: TestDatabases,
  changes: Environment = {},
) {
  const environment = { ...(await ownDatabase(databases, changes)), ...quiet, ...changes };
  const settings = loadSettings(inventoryService.settings, { ...environment, APP_INTERNAL_KEY: testInternalKey });
  const { deps, platform, close } = buildService(inventoryService, settings, silentLogger);
  t.teardown(close);
  return { deps, metrics: platform.metrics.registry, ...(await lookInto(t, databases, environment)), environment };
}

async function ownDatabase(databases: TestDatabases, changes: Environment): Promise<Environment> {
  return changes['APP_POSTGRES_DATABASE'] === undefined ? databases.create() : {};
}

async function lookInto(
  t: Pick<ExecutionContext, 'teardown'>,
  databases: TestDatabases,
  environment: Environment,
): Promise<Looker> {
  const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  const query = async (text: string, values: readonly unknown[] = []) => (await client.query(text, [...values])).rows;
  return {
    query,
    counters: async (sku) => {
      const [row] = await query(
        `select sum(on_hand)::int as "onHand", sum(reserved)::int as reserved, sum(backordered)::int as backordered
         from stock_levels where sku = $1`,
        [sku],
      );
      return row;
    },
    drifts: () => query(independentComparison),
    events: async (sku) => {
      const rows = await query('select type, payload from outbox where key = $1 order by id', [sku]);
      return rows.map(({ type, payload }) => ({ type: typeName(type), data: JSON.parse(payload) }));
    },
  };
}

/** Written anew here, so that the service's own comparison is not judged by itself. */
const independentComparison = `
  select l.sku, l.on_hand, l.reserved, l.backordered from stock_levels l
  where l.on_hand <> (select coalesce(sum(on_hand_delta), 0) from stock_movements m where m.sku = l.sku and m.warehouse_id = l.warehouse_id)
    or l.reserved <> (select coalesce(sum(reserved_delta), 0) from stock_movements m where m.sku = l.sku and m.warehouse_id = l.warehouse_id)
    or l.backordered <> (select coalesce(sum(backordered_delta), 0) from stock_movements m where m.sku = l.sku and m.warehouse_id = l.warehouse_id)
    or l.reserved <> (select coalesce(sum(quantity), 0) from reservations r join reservation_lines x on x.reservation_id = r.id
      where r.status = 'active' and x.sku = l.sku and x.warehouse_id = l.warehouse_id)`;

/** `shop.inventory.stock-low.v1` → `stock-low`. */
function typeName(type: string): string {
  return type.split('.')[2] ?? type;
}

let count = 0;

/** A SKU that nobody else has; later ones come later by name. */
export function aSku(): string {
  count += 1;
  return `SKU-${String(count).padStart(6, '0')}`;
}

/** The answer, if it has the status. */
export function expect(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text}`);
  return answer;
}

/** Puts units of SKUs on the shelves of the main warehouse, or of another. */
export async function receive(
  service: Pick<ServiceUnderTest, 'call'>,
  stock: Readonly<Record<string, number>>,
  warehouseId = mainWarehouse,
): Promise<void> {
  const lines = Object.entries(stock).map(([sku, delta]) => ({ sku, warehouseId, delta }));
  const body = { reference: `delivery-${randomUUID()}`, reason: 'received', lines };
  expect(await service.call('POST', '/api/v1/stock/adjustments', { ...keeper, body }), 201);
}

/** Adds a warehouse; resolves with its id. */
export async function aWarehouse(service: Pick<ServiceUnderTest, 'call'>, priority = 100): Promise<string> {
  count += 1;
  const body = { code: `warehouse-${count}`, name: `Warehouse ${count}`, priority };
  return expect(await service.call('POST', '/api/v1/warehouses', { ...keeper, body }), 201).json.id;
}

/** Asks for a reservation of a new order. */
export function reserve(
  service: Pick<ServiceUnderTest, 'call'>,
  quantities: Readonly<Record<string, number>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const lines = Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }));
  const body = { orderId: randomUUID(), lines, ...more };
  return service.call('POST', '/api/v1/reservations', { ...order, body });
}

/** Ends or extends a reservation. */
export function act(
  service: Pick<ServiceUnderTest, 'call'>,
  id: string,
  action: 'confirm' | 'release' | 'extend',
  body?: unknown,
): Promise<Answer> {
  return service.call('POST', `/api/v1/reservations/${id}/${action}`, {
    ...order,
    ...(body === undefined ? {} : { body }),
  });
}

/** Lets the time of reservations be over. */
export async function letExpire({ query }: Looker, ...ids: readonly string[]): Promise<void> {
  await query(`update reservations set expires_at = now() - interval '1 millisecond' where id = any($1)`, [ids]);
}
