/** A reservation as JSON, made by PostgreSQL; `r` is its row. */
import { utc } from '#chassis/postgres/times.ts';

/** What is overdue is shown as expired, also before the sweeper has come by. */
const isOverdue = `(r.status = 'active' and r.expires_at <= clock_timestamp())`;

const lines = `(select json_agg(json_build_object('sku', l.sku, 'warehouseId', l.warehouse_id, 'quantity', l.quantity,
  'backordered', l.backordered) order by l.sku, l.warehouse_id) from reservation_lines l where l.reservation_id = r.id)`;

export const reservationJson = `json_build_object('id', r.id, 'orderId', r.order_id, 'holderId', r.holder_id,
  'status', case when ${isOverdue} then 'expired' else r.status end, 'strategy', r.strategy,
  'expiresAt', ${utc('r.expires_at')}, 'createdAt', ${utc('r.created_at')},
  'closedAt', ${utc(`case when ${isOverdue} then r.expires_at else r.closed_at end`)}, 'lines', ${lines})`;
