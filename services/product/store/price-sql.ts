/** Parts of statements that write the regular prices of variants. */

/** Columns of a price in JSON. */
export const priceColumns = 'currency text, "amountMinor" bigint, "compareAtMinor" bigint';

/** Columns of a variant in JSON; `prices` is a list of its prices. */
export const variantColumns =
  'id uuid, position int, sku text, options jsonb, barcode text, "weightGrams" int, prices jsonb';

/**
 * Replaces the prices of variants by those of `wanted` (`variant_id` and the columns of a price), for the variants that `replaced`
 * selects. What is in force for a while stays in force: then the regular price behind it changes.
 *
 * Leaves the written rows as `price`.
 */
export function replacePrices({ wanted, replaced }: { readonly wanted: string; readonly replaced: string }): string {
  return `removed as (
     delete from prices where variant_id in (${replaced})
       and not exists (select from ${wanted} w where w.variant_id = prices.variant_id and w.currency = prices.currency)
   ), price as (
     insert into prices (variant_id, currency, amount_minor, compare_at_minor)
     select variant_id, currency, "amountMinor", "compareAtMinor" from ${wanted}
     on conflict (variant_id, currency) do update set
       amount_minor = case when prices.timed_id is null then excluded.amount_minor else prices.amount_minor end,
       compare_at_minor = case when prices.timed_id is null then excluded.compare_at_minor else prices.compare_at_minor end,
       regular_amount_minor = case when prices.timed_id is null then null else excluded.amount_minor end,
       regular_compare_at_minor = case when prices.timed_id is null then null else excluded.compare_at_minor end
     returning *
   )`;
}
