/** Puts the demonstration catalogue into the database. */
import type { Database } from '#chassis/postgres/database.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { SeedCatalogue } from '../seed/catalogue.ts';

/** What is there already, in whatever state, stays as it is: seeding again changes nothing. */
const insertCategories = sql(
  'seed_categories',
  `insert into categories (id, parent_id, slug, name, position, path)
   select id, "parentId", slug, name, position, path
   from jsonb_to_recordset($1) as c (id uuid, "parentId" uuid, slug text, name text, position int, path uuid[])
   on conflict do nothing returning id`,
);

const insertProducts = sql(
  'seed_products',
  `with wanted as materialized (
     select * from jsonb_to_recordset($1) as s (id uuid, "variantId" uuid, slug text, title text, description text, status text,
       "categoryId" uuid, attributes jsonb, sku text, "createdAt" timestamptz, prices jsonb)
   ), p as (
     insert into products (id, slug, title, description, status, category_id, attributes, created_at, updated_at)
     select w.id, w.slug, w.title, w.description, w.status, c.id, w.attributes, w."createdAt", w."createdAt"
     from wanted w left join categories c on c.id = w."categoryId"
     -- A SKU that somebody uses already: its product is left out as a whole.
     where not exists (select from variants v where v.sku = w.sku and v.deleted_at is null)
     on conflict do nothing returning id
   ), v as (
     insert into variants (id, product_id, position, sku) select w."variantId", p.id, 0, w.sku from p join wanted w using (id)
     returning id
   ), price as (
     insert into prices (variant_id, currency, amount_minor, compare_at_minor)
     select v.id, t.currency, t."amountMinor", t."compareAtMinor"
     from v join wanted w on w."variantId" = v.id,
       jsonb_to_recordset(w.prices) as t (currency text, "amountMinor" bigint, "compareAtMinor" bigint)
   )
   select id from p`,
);

/** Products per statement: large enough that the round trips do not matter, small enough for one message. */
const batchSize = 500;

/** Inserts what is missing, in one transaction; resolves with how many rows were added. */
export async function seedCatalogue(
  database: Database,
  catalogue: SeedCatalogue,
): Promise<{ readonly categories: number; readonly products: number }> {
  return database.transaction(async (connection) => {
    const categories = await insertBatch(connection, insertCategories, catalogue.categories);
    let products = 0;
    for (let start = 0; start < catalogue.products.length; start += batchSize) {
      products += await insertBatch(connection, insertProducts, catalogue.products.slice(start, start + batchSize));
    }
    return { categories, products };
  });
}

async function insertBatch(
  connection: Connection,
  statement: typeof insertProducts,
  rows: readonly unknown[],
): Promise<number> {
  return (await connection.rows(statement, [JSON.stringify(rows)])).length;
}
