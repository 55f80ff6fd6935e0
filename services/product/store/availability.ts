/** Whether SKUs can be bought, as the inventory tells. */
import { sql, type Transaction } from '#chassis/postgres/statement.ts';
import type { Availability } from '#contracts/availability.ts';

/** In the order of the SKUs, as all that follows: who changes the same ones at once waits and never blocks in a circle. */
const read = sql(
  'availability_read',
  'select sku, state, version from availability where sku = any($1) order by sku for update',
);

const write = sql(
  'availability_write',
  `insert into availability (sku, state, version)
   select sku, state, version from unnest($1::text[], $2::text[], $3::bigint[]) as told (sku, state, version) order by sku
   on conflict (sku) do update set state = excluded.state, version = excluded.version
     where availability.version < excluded.version`,
);

const showOtherwise = sql(
  'availability_show',
  `update products set shown_revision = shown_revision + 1
   where id in (
     select id from products where id in (select product_id from variants where sku = any($1) and deleted_at is null)
     order by id for update)`,
);

export interface ToldAvailability {
  readonly sku: string;
  readonly state: Availability;
  /** Of the SKU in the inventory: what is older than what is known changes nothing. */
  readonly version: number;
}

/**
 * Notes the states of SKUs, of each the newest. Where it is another one, the product is shown otherwise and has another ETag, but
 * keeps its version: who edits it is not disturbed. Resolves with whether each was news, in order.
 */
export async function tellAvailability(
  transaction: Transaction,
  told: readonly ToldAvailability[],
): Promise<readonly boolean[]> {
  const rows = await transaction.rows<ToldAvailability>(read, [[...new Set(told.map(({ sku }) => sku))]]);
  const known = new Map(rows.map((row) => [row.sku, row]));
  const isNews = told.map(({ sku, version }) => version > (known.get(sku)?.version ?? 0));
  const news = [...newestOfEach(told.filter((_, index) => isNews[index] === true))];
  if (news.length === 0) return isNews;
  await transaction.rows(write, [
    news.map(({ sku }) => sku),
    news.map(({ state }) => state),
    news.map(({ version }) => version),
  ]);
  const others = news.filter(({ sku, state }) => known.get(sku)?.state !== state).map(({ sku }) => sku);
  if (others.length > 0) await transaction.rows(showOtherwise, [others]);
  return isNews;
}

function newestOfEach(told: readonly ToldAvailability[]): Iterable<ToldAvailability> {
  const newest = new Map<string, ToldAvailability>();
  for (const one of told) if (one.version > (newest.get(one.sku)?.version ?? 0)) newest.set(one.sku, one);
  return newest.values();
}
