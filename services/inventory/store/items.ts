/** The rules of SKUs. */
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';

const itemJson = `json_build_object('sku', sku, 'backorderCap', backorder_cap, 'lowStockAt', low_stock_at,
  'recoveredAt', recovered_at, 'backInStockAt', back_in_stock_at, 'alert', alert, 'version', policy_version)::text`;

export interface StoredItem {
  readonly version: number;
  readonly json: string;
}

const read = sql(
  'stock_item_read',
  `select policy_version as version, ${itemJson} as json from stock_items where sku = $1`,
);

export async function readItem(connection: Connection, sku: string): Promise<StoredItem | undefined> {
  const [row] = await connection.rows<StoredItem>(read, [sku]);
  return row;
}

export interface ItemPolicy {
  readonly backorderCap?: number | undefined;
  readonly lowStockAt?: number | undefined;
  readonly recoveredAt?: number | undefined;
  readonly backInStockAt?: number | undefined;
}

const update = sql(
  'stock_item_update',
  `update stock_items set backorder_cap = coalesce($3, backorder_cap), low_stock_at = coalesce($4, low_stock_at),
     recovered_at = coalesce($5, recovered_at), back_in_stock_at = coalesce($6, back_in_stock_at),
     policy_version = policy_version + 1, updated_at = now()
   where sku = $1 and ($2::int is null or policy_version = $2)
   returning policy_version as version, ${itemJson} as json`,
);

/** What is owed already beyond a lowered cap stays owed; nothing is added to it. */
const spreadCap = sql(
  'stock_levels_spread_cap',
  `update stock_levels l set backorder_cap = greatest(i.backorder_cap, l.reserved + l.backordered - l.on_hand)
   from stock_items i where i.sku = $1 and l.sku = i.sku`,
);

/** For levels that the transaction has locked. Nothing when the SKU is not there or has another version. */
export async function updateItem(
  transaction: Transaction,
  target: { readonly sku: string; readonly version: number | 'any' },
  policy: ItemPolicy,
): Promise<StoredItem | undefined> {
  const { backorderCap = null, lowStockAt = null, recoveredAt = null, backInStockAt = null } = policy;
  const version = target.version === 'any' ? null : target.version;
  const values = [target.sku, version, backorderCap, lowStockAt, recoveredAt, backInStockAt];
  const [row] = await transaction.rows<StoredItem>(update, values);
  if (row !== undefined && backorderCap !== null) await transaction.rows(spreadCap, [target.sku]);
  return row;
}
