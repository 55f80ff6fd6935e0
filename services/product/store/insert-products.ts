/** Many products in one statement. */
import { sql } from '#chassis/postgres/statement.ts';
import { priceColumns, variantColumns } from './price-sql.ts';
import { productsWithDefault, storedProductJson } from './product-json.ts';

/**
 * SQL that inserts those of the products in `$1` whose slug, id and SKUs nobody has, and for which `condition` holds (`w`: the
 * product, `c`: its category, if that is there). The others are left out as a whole. Returns the ids of what was added.
 */
export function insertManyText(condition: string): string {
  return `with wanted as materialized (
     select * from jsonb_to_recordset($1) as s (id uuid, slug text, title text, description text, status text,
       "categoryId" uuid, attributes jsonb, "createdAt" timestamptz, options text[], variants jsonb)
   ), p as (
     insert into products (id, slug, title, description, status, category_id, attributes, option_names, created_at, updated_at)
     select w.id, w.slug, w.title, w.description, w.status, c.id, w.attributes, w.options,
       coalesce(w."createdAt", now()), coalesce(w."createdAt", now())
     from wanted w left join categories c on c.id = w."categoryId"
     where ${condition}
       and not exists (select from variants v, jsonb_to_recordset(w.variants) as t (sku text)
         where v.sku = t.sku and v.deleted_at is null)
     on conflict do nothing returning id
   ), wanted_variants as (
     select p.id as product_id, t.* from p join wanted w using (id), jsonb_to_recordset(w.variants) as t (${variantColumns})
   ), v as (
     insert into variants (id, product_id, position, sku, options, barcode, weight_grams)
     select id, product_id, position, sku, options, barcode, "weightGrams" from wanted_variants
   ), price as (
     insert into prices (variant_id, currency, amount_minor, compare_at_minor)
     select w.id, t.currency, t."amountMinor", t."compareAtMinor"
     from wanted_variants w, jsonb_to_recordset(w.prices) as t (${priceColumns})
   )
   select id from p`;
}

/** The public form of the products with the ids in `$1`. */
export const readMany = sql(
  'products_read_many',
  `select p.id, ${storedProductJson} as json from ${productsWithDefault} where p.id = any($1) order by p.id`,
);
