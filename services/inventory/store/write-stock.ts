/** Stores what was decided about locked stock: ledger, counters, items and reservations in one statement. */
import { sql, type Transaction } from '#chassis/postgres/statement.ts';
import type { Reservation, ReservationEnd } from '../domain/reservation.ts';
import type { StockChanges } from '../domain/stock-book.ts';

/**
 * Counters are changed by the sums of the movements of the same statement, so that they cannot differ from the ledger. The table's
 * constraints refuse what would be oversold, whatever was decided.
 */
const write = sql(
  'stock_write',
  `with given as materialized (
     select * from rows from (jsonb_to_recordset($1) as (sku text, "warehouseId" uuid, "onHand" int, reserved int, backordered int,
       reason text, reference text, actor text)) with ordinality
       as m (sku, warehouse_id, on_hand, reserved, backordered, reason, reference, actor, position)
   ), ledger as (
     insert into stock_movements (sku, warehouse_id, on_hand_delta, reserved_delta, backordered_delta, reason, reference, actor)
     select sku, warehouse_id, on_hand, reserved, backordered, reason, reference, actor from given order by position
   ), sums as (
     select sku, warehouse_id, sum(on_hand) as on_hand, sum(reserved) as reserved, sum(backordered) as backordered,
       count(*) filter (where on_hand <> 0 or backordered <> 0) as changes
     from given group by sku, warehouse_id
   ), levels as (
     update stock_levels l set on_hand = l.on_hand + s.on_hand, reserved = l.reserved + s.reserved,
       backordered = l.backordered + s.backordered, version = l.version + s.changes, updated_at = now()
     from sums s where l.sku = s.sku and l.warehouse_id = s.warehouse_id
   ), begun as (
     insert into reservations (id, order_id, holder_id, strategy, expires_at, created_at)
     select id, "orderId", "holderId", strategy, "expiresAt", "createdAt" from jsonb_to_recordset($3)
       as r (id uuid, "orderId" uuid, "holderId" uuid, strategy text, "expiresAt" timestamptz, "createdAt" timestamptz)
   ), lines as (
     insert into reservation_lines (reservation_id, sku, warehouse_id, quantity, backordered)
     select r.id, l.sku, l."warehouseId", l.quantity, l.backordered
     from jsonb_to_recordset($3) as r (id uuid, lines jsonb), jsonb_to_recordset(r.lines)
       as l (sku text, "warehouseId" uuid, quantity int, backordered int)
   ), ended as (
     update reservations r set status = e.status, closed_at = e."closedAt"
     from jsonb_to_recordset($4) as e (id uuid, status text, "closedAt" timestamptz) where r.id = e.id
   )
   update stock_items i set version = i.version + 1, alert = c.alert, updated_at = now()
   from jsonb_to_recordset($2) as c (sku text, alert text) where i.sku = c.sku
   returning i.sku, i.version`,
);

export interface EndedReservation {
  readonly id: string;
  readonly status: ReservationEnd;
  readonly closedAt: string;
}

export interface StockWrite extends StockChanges {
  readonly begun?: readonly Reservation[];
  readonly ended?: readonly EndedReservation[];
}

/** The new version of each changed SKU. */
export type ItemVersions = ReadonlyMap<string, number>;

/** Only for stock that `lockStock` locked in this transaction. */
export async function writeStock(transaction: Transaction, changes: StockWrite): Promise<ItemVersions> {
  const { movements, items, begun = [], ended = [] } = changes;
  const alerts = items.map(({ sku, alert }) => ({ sku, alert }));
  const values = [movements, alerts, begun, ended].map((value) => JSON.stringify(value));
  const rows = await transaction.rows<{ readonly sku: string; readonly version: number }>(write, values);
  return new Map(rows.map(({ sku, version }) => [sku, version]));
}
