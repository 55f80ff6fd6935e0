/** Levels: what lies where. */
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';

const levelJson = `json_build_object('sku', l.sku, 'warehouseId', l.warehouse_id, 'onHand', l.on_hand, 'reserved', l.reserved,
  'backordered', l.backordered, 'version', l.version, 'updatedAt', ${utc('l.updated_at')})`;

export interface Place {
  readonly sku: string;
  readonly warehouseId: string;
}

const places = `jsonb_to_recordset($1) as p (sku text, "warehouseId" uuid)`;

const ensureItems = sql(
  'stock_items_ensure',
  'insert into stock_items (sku) select distinct sku from unnest($1::text[]) as sku order by sku on conflict do nothing',
);

const ensure = sql(
  'stock_levels_ensure',
  `insert into stock_levels (sku, warehouse_id, backorder_cap)
   select p.sku, p."warehouseId", i.backorder_cap from ${places} join stock_items i on i.sku = p.sku
   order by p.sku, p."warehouseId" on conflict do nothing`,
);

/** Makes what is missing, with counters of 0. Fails with `stock_levels__warehouse_exists` when a warehouse does not exist. */
export async function ensureLevels(transaction: Transaction, wanted: readonly Place[]): Promise<void> {
  await transaction.rows(ensureItems, [wanted.map(({ sku }) => sku)]);
  await transaction.rows(ensure, [toJson(wanted)]);
}

const ensureAtDefault = sql(
  'stock_levels_ensure_at_default',
  `insert into stock_levels (sku, warehouse_id, backorder_cap)
   select i.sku, w.id, i.backorder_cap from stock_items i,
     (select id from warehouses where is_active order by priority, id limit 1) as w
   where i.sku = any($1) and not exists (select from stock_levels l where l.sku = i.sku)
   order by i.sku on conflict do nothing`,
);

/** Those of the SKUs that lie nowhere get a level in the first warehouse. */
export async function ensureKnown(transaction: Transaction, skus: readonly string[]): Promise<void> {
  await transaction.rows(ensureItems, [skus]);
  await transaction.rows(ensureAtDefault, [skus]);
}

const readMany = sql(
  'stock_levels_read',
  `select coalesce(json_agg(${levelJson} order by l.sku, l.warehouse_id), '[]') as levels
   from ${places} join stock_levels l on l.sku = p.sku and l.warehouse_id = p."warehouseId"`,
);

/** The levels as they are shown. */
export async function readLevelsJson(connection: Connection, wanted: readonly Place[]): Promise<readonly unknown[]> {
  const [row] = await connection.rows<{ readonly levels: readonly unknown[] }>(readMany, [toJson(wanted)]);
  return row?.levels ?? [];
}

const readOne = sql(
  'stock_level_read',
  `select l.version, ${levelJson}::text as json from stock_levels l where l.sku = $1 and l.warehouse_id = $2`,
);

export async function readLevel(
  connection: Connection,
  { sku, warehouseId }: Place,
): Promise<{ readonly version: number; readonly json: string } | undefined> {
  const [row] = await connection.rows<{ version: number; json: string }>(readOne, [sku, warehouseId]);
  return row;
}

export interface LevelPage {
  readonly sku: string | undefined;
  readonly warehouseId: string | undefined;
  /** SKU and warehouse of the last level before. */
  readonly after: readonly [string | number, string] | undefined;
  readonly limit: number;
}

const page = sql(
  'stock_levels_page',
  `select l.sku, l.warehouse_id as "warehouseId", ${levelJson}::text as json from stock_levels l
   where ($1::text is null or l.sku = $1) and ($2::uuid is null or l.warehouse_id = $2)
     and ($3::text is null or (l.sku, l.warehouse_id) > ($3, $4::uuid))
   order by l.sku, l.warehouse_id limit $5`,
);

/** By SKU, then by warehouse. */
export function listLevels(
  connection: Connection,
  { sku, warehouseId, after, limit }: LevelPage,
): Promise<readonly (Place & { readonly json: string })[]> {
  const [afterSku = null, afterWarehouse = null] = after ?? [];
  return connection.rows(page, [sku ?? null, warehouseId ?? null, afterSku, afterWarehouse, limit]);
}

function toJson(wanted: readonly Place[]): string {
  return JSON.stringify(wanted.map(({ sku, warehouseId }) => ({ sku, warehouseId })));
}
