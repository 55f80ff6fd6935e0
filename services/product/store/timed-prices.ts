/**
 * Prices that are in force for a while. What is in force is written into `prices`, so that lists, events and carts have one truth; the
 * worker does so when a period begins or ends, with the events of any other change of prices.
 */
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { TimedPrice } from '../domain/product.ts';
import { type ChangeResult, change, changePart, changePartWithin, type Target, type Writer } from './change.ts';
import { updatedEvents } from './product-events.ts';
import { assertVariant } from './write-variants.ts';

const read = sql(
  'timed_prices_read',
  `select p.version, p.shown_revision as revision, (
     select coalesce(json_agg(json_strip_nulls(json_build_object('currency', currency, 'amountMinor', amount_minor,
       'compareAtMinor', compare_at_minor, 'validFrom', ${utc('valid_from')})) :: jsonb
       || jsonb_build_object('validTo', ${utc('valid_to')}, 'state', state) order by currency, valid_from), '[]')::text
     from timed_prices where variant_id = v.id) as json
   from variants v join products p on p.id = v.product_id
   where v.product_id = $1 and v.id = $2 and v.deleted_at is null and p.deleted_at is null`,
);

export interface StoredTimedPrices {
  /** Of the product. */
  readonly version: number;
  readonly revision: number;
  /** The list. */
  readonly json: string;
}

/** The timed prices of a variant, those that are over included. */
export async function readTimedPrices(
  connection: Connection,
  productId: string,
  variantId: string,
): Promise<StoredTimedPrices | undefined> {
  const [row] = await connection.rows<StoredTimedPrices>(read, [productId, variantId]);
  return row;
}

const clear = sql(
  'timed_prices_clear',
  `delete from timed_prices where variant_id in (select id from variants where product_id = $1 and id = $2)`,
);

const insert = sql(
  'timed_prices_insert',
  `insert into timed_prices (id, variant_id, currency, amount_minor, compare_at_minor, valid_from, valid_to)
   select w.id, v.id, w.currency, w."amountMinor", w."compareAtMinor", w."validFrom", w."validTo"
   from variants v, jsonb_to_recordset($3) as w (id uuid, currency text, "amountMinor" bigint, "compareAtMinor" bigint,
     "validFrom" timestamptz, "validTo" timestamptz)
   where v.product_id = $1 and v.id = $2`,
);

/** Marks what has begun and what is over, of all variants of a product. */
const mark = sql(
  'timed_prices_mark',
  `update timed_prices set state = case
     when valid_to <= now() then 'over' when valid_from <= now() then 'applied' else 'waiting' end
   where variant_id in (select id from variants where product_id = $1) and state <> case
     when valid_to <= now() then 'over' when valid_from <= now() then 'applied' else 'waiting' end`,
);

/** Puts what is in force into `prices`: a timed price with the regular one behind it, or the regular one again. */
const apply = sql(
  'timed_prices_apply',
  `with wanted as (
     select p.variant_id, p.currency, t.id, t.amount_minor, t.compare_at_minor
     from variants v join prices p on p.variant_id = v.id
     left join timed_prices t on t.variant_id = p.variant_id and t.currency = p.currency and t.state = 'applied'
     where v.product_id = $1 and (t.id is not null or p.timed_id is not null)
   )
   update prices set
     timed_id = wanted.id,
     amount_minor = case when wanted.id is null then regular_amount_minor else wanted.amount_minor end,
     compare_at_minor = case when wanted.id is null then regular_compare_at_minor else wanted.compare_at_minor end,
     regular_amount_minor = case
       when wanted.id is null then null when timed_id is null then prices.amount_minor else regular_amount_minor end,
     regular_compare_at_minor = case
       when wanted.id is null then null when timed_id is null then prices.compare_at_minor else regular_compare_at_minor end
   from wanted where prices.variant_id = wanted.variant_id and prices.currency = wanted.currency
     and (timed_id is distinct from wanted.id or prices.amount_minor <> wanted.amount_minor
       or prices.compare_at_minor is distinct from wanted.compare_at_minor)`,
);

async function putInForce(transaction: Transaction, productId: string): Promise<void> {
  await transaction.rows(mark, [productId]);
  await transaction.rows(apply, [productId]);
}

/** Gives the variant exactly these timed prices; one whose period is now is in force at once. */
export function replaceTimedPrices(
  writer: Writer,
  target: Target,
  { variantId, prices, newId }: { variantId: string; prices: readonly TimedPrice[]; newId: () => string },
): Promise<ChangeResult> {
  const rows = prices.map((price) => ({ id: newId(), ...price }));
  return changePart(writer, target, {}, async (transaction) => {
    await assertVariant(transaction, target, variantId);
    await transaction.rows(clear, [target.id, variantId]);
    await transaction.rows(insert, [target.id, variantId, JSON.stringify(rows)]);
    await putInForce(transaction, target.id);
  });
}

const findDue = sql(
  'timed_prices_due',
  `select distinct v.product_id as id from timed_prices t join variants v on v.id = t.variant_id
   join products p on p.id = v.product_id
   where (t.state = 'waiting' and t.valid_from <= now() or t.state = 'applied' and t.valid_to <= now())
     and p.deleted_at is null
   limit $1`,
);

/** Whether it still is due: another replica may have been faster. */
const isDue = sql(
  'timed_prices_is_due',
  `select true as due from timed_prices t join variants v on v.id = t.variant_id
   where v.product_id = $1
     and (t.state = 'waiting' and t.valid_from <= now() or t.state = 'applied' and t.valid_to <= now())
   limit 1`,
);
const lockProduct = sql(
  'timed_prices_lock',
  'select id from products where id = $1 and deleted_at is null for update skip locked',
);

/** Puts in force what has begun and takes back what is over, of up to `limit` products; resolves with how many were due. */
export async function applyDuePrices(writer: Writer, limit: number): Promise<number> {
  const due = await writer.database.primary.rows<{ readonly id: string }>(findDue, [limit]);
  for (const { id } of due) {
    await change(writer, {}, { work: (transaction) => applyTo(transaction, id), eventsOf: updatedEvents });
  }
  return due.length;
}

async function applyTo(transaction: Transaction, id: string) {
  const locked = await transaction.rows(lockProduct, [id]);
  if (locked.length === 0 || (await transaction.rows(isDue, [id])).length === 0) return [];
  return changePartWithin(transaction, { id, version: 'any' }, () => putInForce(transaction, id));
}
