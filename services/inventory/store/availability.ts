/** What can be had. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { Supply } from '../domain/availability.ts';

const read = sql(
  'availability_read',
  `select i.sku, i.low_stock_at as "lowStockAt",
     coalesce(sum(greatest(0, l.on_hand - l.reserved - l.backordered)) filter (where w.is_active), 0) as available,
     case when bool_or(w.is_active) then greatest(0, i.backorder_cap
       - coalesce(sum(greatest(0, l.reserved + l.backordered - l.on_hand)), 0)) else 0 end as "backorderRoom"
   from stock_items i left join stock_levels l on l.sku = i.sku left join warehouses w on w.id = l.warehouse_id
   where i.sku = any($1) group by i.sku`,
);

/** Of the SKUs that are known. */
export async function readSupply(
  connection: Connection,
  skus: readonly string[],
): Promise<ReadonlyMap<string, Supply>> {
  const rows = await connection.rows<Supply & { readonly sku: string }>(read, [skus]);
  return new Map(rows.map((row) => [row.sku, row]));
}
