/** Reads and locks the stock of SKUs: every change of a counter begins here. */
import { sql, type Transaction } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Reservation } from '../domain/reservation.ts';
import type { Level, StockItem } from '../domain/stock.ts';
import { StockBook } from '../domain/stock-book.ts';
import { reservationJson } from './reservation-json.ts';

/**
 * Rows are locked by SKU and warehouse in their order, so that two baskets with the same SKUs never wait for each other. `for update`
 * gives the rows as they are when the lock is there; `orders` are as they were when the statement began. Holders are locked and counted
 * after the stock: who waits for stock keeps nobody's holder. The clock is asked last.
 * Orders are looked up one by one, so that their index is used also while the planner takes the table for empty.
 */
const lock = sql(
  'stock_lock',
  `with locked as materialized (
     select l.sku, l.warehouse_id as "warehouseId", w.priority, w.is_active as "isActive", l.on_hand as "onHand", l.reserved,
       l.backordered, l.version, i.backorder_cap as "backorderCap", i.low_stock_at as "lowStockAt",
       i.recovered_at as "recoveredAt", i.back_in_stock_at as "backInStockAt", i.alert
     from stock_levels l join stock_items i on i.sku = l.sku join warehouses w on w.id = l.warehouse_id
     where l.sku = any($1) order by l.sku, l.warehouse_id for update of l, i
   )
   select (select coalesce(json_agg(locked), '[]') from locked) as stock,
     (select coalesce(json_agg(known), '[]') from (
        select (select ${reservationJson} from reservations r where r.order_id = o) as known from unnest($2::uuid[]) as o
      ) as orders where known is not null) as orders,
     (select coalesce(json_object_agg(held.holder, held.active), '{}') from (select $3::uuid[] as holders, count(*) from locked) as given,
        lateral reservations_held_by(given.holders) as held) as held,
     ${utc('clock_timestamp()')} as now`,
);

interface LockedRow extends Level, StockItem {}

interface LockAnswer {
  readonly stock: readonly LockedRow[];
  readonly orders: readonly Reservation[];
  readonly held: Readonly<Record<string, number>>;
  readonly now: string;
}

export interface LockedStock {
  readonly book: StockBook;
  /** Reservations that these orders have already. */
  readonly orders: readonly Reservation[];
  /** How many reservations each of the holders has that are neither over nor overdue. */
  readonly held: ReadonlyMap<string, number>;
  /** The database's clock after the locks were there. */
  readonly now: Date;
}

/** Those for whom stock is locked. */
export interface StockCallers {
  readonly orderIds?: readonly string[];
  /** In lower case. */
  readonly holderIds?: readonly string[];
}

/** Waits for whoever changes one of the SKUs, and then for whoever reserves for one of the holders; all are locked until the transaction ends. */
export async function lockStock(
  transaction: Transaction,
  skus: readonly string[],
  { orderIds = [], holderIds = [] }: StockCallers = {},
): Promise<LockedStock> {
  const [answer] = await transaction.rows<LockAnswer>(lock, [skus, orderIds, holderIds]);
  if (answer === undefined) throw new Error('the lock of stock gave no row');
  const items = new Map(answer.stock.map((row) => [row.sku, row]));
  return {
    book: new StockBook([...items.values()], answer.stock),
    orders: answer.orders,
    held: new Map(Object.entries(answer.held)),
    now: new Date(answer.now),
  };
}
