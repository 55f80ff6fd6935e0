/** Compares the counters with what they are the sums of. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';

/** A level whose counters are not what the ledger and the reservations say. */
export interface Drift {
  readonly sku: string;
  readonly warehouseId: string;
  readonly counters: Readonly<Record<string, number>>;
  readonly ledger: Readonly<Record<string, number>>;
  /** Units that active reservations hold. */
  readonly held: number;
}

export interface DriftBatch {
  readonly drifts: readonly Drift[];
  readonly checked: number;
  /** The last level that was looked at. */
  readonly last: { readonly sku: string; readonly warehouseId: string } | null;
}

/** Movements behind a checkpoint before it is moved: fewer are read again, more cheaply than written. */
const checkpointAfter = 200;

/**
 * One statement sees one state: a change that is on its way is in all of it or in nothing. Levels that agree carry their
 * checkpoint forward.
 */
const compare = sql(
  'stock_compare',
  `with batch as materialized (
     select * from stock_levels where $1::text is null or (sku, warehouse_id) > ($1, $2::uuid)
     order by sku, warehouse_id limit $3
   ), ledger as materialized (
     select b.sku, b.warehouse_id, coalesce(c.on_hand, 0) + m.on_hand as on_hand, coalesce(c.reserved, 0) + m.reserved as reserved,
       coalesce(c.backordered, 0) + m.backordered as backordered, m.last_id, m.count
     from batch b left join stock_checkpoints c using (sku, warehouse_id), lateral (
       select coalesce(sum(on_hand_delta), 0) as on_hand, coalesce(sum(reserved_delta), 0) as reserved,
         coalesce(sum(backordered_delta), 0) as backordered, max(id) as last_id, count(*) as count
       from stock_movements where sku = b.sku and warehouse_id = b.warehouse_id and id > coalesce(c.movement_id, 0)
     ) as m
   ), held as materialized (
     select l.sku, l.warehouse_id, sum(l.quantity) as quantity
     from reservations r join reservation_lines l on l.reservation_id = r.id where r.status = 'active' group by 1, 2
   ), judged as materialized (
     select b.sku, b.warehouse_id, b.on_hand, b.reserved, b.backordered, to_jsonb(g) - array['sku', 'warehouse_id', 'last_id', 'count'] as ledger,
       coalesce(h.quantity, 0) as held, g.last_id, g.count,
       (b.on_hand, b.reserved, b.backordered) = (g.on_hand, g.reserved, g.backordered) and b.reserved = coalesce(h.quantity, 0) as agrees
     from batch b join ledger g using (sku, warehouse_id) left join held h using (sku, warehouse_id)
   ), moved as (
     insert into stock_checkpoints as present (sku, warehouse_id, movement_id, on_hand, reserved, backordered)
     select sku, warehouse_id, last_id, on_hand, reserved, backordered from judged where agrees and count >= ${checkpointAfter}
     order by sku, warehouse_id
     on conflict (sku, warehouse_id) do update set movement_id = excluded.movement_id, on_hand = excluded.on_hand,
       reserved = excluded.reserved, backordered = excluded.backordered where present.movement_id < excluded.movement_id
   )
   select (select count(*) from batch) as checked,
     (select json_build_object('sku', sku, 'warehouseId', warehouse_id) from batch order by sku desc, warehouse_id desc limit 1) as last,
     (select coalesce(json_agg(json_build_object('sku', sku, 'warehouseId', warehouse_id, 'ledger', ledger, 'held', held,
        'counters', json_build_object('on_hand', on_hand, 'reserved', reserved, 'backordered', backordered))
        order by sku, warehouse_id), '[]') from judged where not agrees) as drifts`,
);

/** The next `limit` levels after `after`, by SKU and warehouse. */
export async function findDrifts(
  connection: Connection,
  after: DriftBatch['last'],
  limit: number,
): Promise<DriftBatch> {
  const [batch] = await connection.rows<DriftBatch>(compare, [after?.sku ?? null, after?.warehouseId ?? null, limit]);
  if (batch === undefined) throw new Error('the comparison gave no row');
  return batch;
}
