import { randomUUID } from 'node:crypto';
import { newEvent } from '#chassis/events/cloud-event.ts';
import { sql } from '#chassis/postgres/statement.ts';
import { stockChanged } from '#contracts/events/inventory.ts';
import type { InventoryDeps } from '../deps.ts';
import { mainWarehouse } from './inventory-under-test.ts';

const lock = sql(
  'test_lock',
  'select on_hand - reserved as free from stock_levels where sku = $1 and warehouse_id = $2 for update',
);
const hold = sql('test_hold', 'update stock_levels set reserved = reserved + 1 where sku = $1 and warehouse_id = $2');
const reserve = sql(
  'test_reserve',
  `insert into reservations (id, order_id, strategy, expires_at, created_at)
   values ($1, $2, 'priority', now() + interval '15 minutes', now())`,
);
const line = sql('test_line', 'insert into reservation_lines values ($1, $2, $3, 1, 0)');
const move = sql(
  'test_move',
  `insert into stock_movements (sku, warehouse_id, reserved_delta, reason, reference, actor)
   values ($1, $2, 1, 'reserved', $3, 'order')`,
);
const bump = sql('test_bump', 'update stock_items set version = version + 1 where sku = $1 returning version');

/** The usual way: lock, look, change, a transaction for each caller. It leaves behind what the service leaves. */
export function reserveByLock(
  { database, outbox }: Pick<InventoryDeps, 'database' | 'outbox'>,
  sku: string,
): Promise<void> {
  return database.transaction(async (transaction) => {
    const [level] = await transaction.rows<{ readonly free: number }>(lock, [sku, mainWarehouse]);
    if (level === undefined || level.free < 1) {
      throw new Error(`nothing is left of ${sku}`);
    }
    const id = randomUUID();
    await transaction.rows(hold, [sku, mainWarehouse]);
    await transaction.rows(reserve, [id, randomUUID()]);
    await transaction.rows(line, [id, sku, mainWarehouse]);
    await transaction.rows(move, [sku, mainWarehouse, id]);
    const [item] = await transaction.rows<{ readonly version: number }>(bump, [sku]);
    const stock = {
      sku,
      onHand: level.free,
      reserved: 1,
      backordered: 0,
      available: level.free - 1,
      availability: 'in-stock',
      version: item?.version ?? 1,
    };
    await outbox.append(transaction, newEvent(stockChanged, { stock }));
  });
}
