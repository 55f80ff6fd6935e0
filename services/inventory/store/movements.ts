/** The ledger, to be read. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';

export interface MovementPage {
  readonly sku: string | undefined;
  readonly warehouseId: string | undefined;
  readonly reference: string | undefined;
  /** Id of the last movement before. */
  readonly before: number | undefined;
  readonly limit: number;
}

const movementJson = `json_build_object('id', m.id, 'sku', m.sku, 'warehouseId', m.warehouse_id, 'onHand', m.on_hand_delta,
  'reserved', m.reserved_delta, 'backordered', m.backordered_delta, 'reason', m.reason, 'reference', m.reference,
  'actor', m.actor, 'createdAt', ${utc('m.created_at')})::text`;

/** Statements differ by what is asked for, so that each has the plan of its own index. */
const conditions = [
  ['sku', 'm.sku = '],
  ['warehouseId', 'm.warehouse_id = '],
  ['reference', 'm.reference = '],
  ['before', 'm.id < '],
] as const;

/** The newest first. */
export function listMovements(
  connection: Connection,
  query: MovementPage,
): Promise<readonly { readonly id: number; readonly json: string }[]> {
  const used = conditions.filter(([name]) => query[name] !== undefined);
  const where = ['true', ...used.map(([, condition], index) => `${condition}$${index + 1}`)].join(' and ');
  const name = ['movements_page', ...used.map(([field]) => field.toLowerCase())].join('_');
  const text = `select m.id, ${movementJson} as json from stock_movements m
    where ${where} order by m.id desc limit $${used.length + 1}`;
  return connection.rows(sql(name, text), [...used.map(([field]) => query[field]), query.limit]);
}
