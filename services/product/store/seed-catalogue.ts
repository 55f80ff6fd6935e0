/** Puts the demonstration catalogue into the database. */
import { sql, type Transaction } from '#chassis/postgres/statement.ts';
import type { SeedCatalogue } from '../seed/catalogue.ts';
import type { Writer } from './change.ts';
import { insertManyText, readMany } from './insert-products.ts';
import { createdEvents } from './product-events.ts';

/** What is there already, in whatever state, stays as it is: seeding again changes nothing. */
const insertCategories = sql(
  'seed_categories',
  `insert into categories (id, parent_id, slug, name, position, path)
   select id, "parentId", slug, name, position, path
   from jsonb_to_recordset($1) as c (id uuid, "parentId" uuid, slug text, name text, position int, path uuid[])
   on conflict do nothing returning id`,
);

/** A category whose slug somebody has already is not there by its id: the product is then in none. */
const insertProducts = sql('seed_products', insertManyText('true'));

/** Products per statement: large enough that the round trips do not matter, small enough for one message. */
const batchSize = 500;

/** Inserts what is missing, in one transaction; resolves with how many rows were added. */
export async function seedCatalogue(
  { database, outbox }: Writer,
  catalogue: SeedCatalogue,
): Promise<{ readonly categories: number; readonly products: number }> {
  return database.transaction(async (transaction) => {
    const categories = await insertBatch(transaction, insertCategories, catalogue.categories);
    let products = 0;
    for (let start = 0; start < catalogue.products.length; start += batchSize) {
      const batch = catalogue.products.slice(start, start + batchSize);
      const added = await insertBatch(transaction, insertProducts, batch);
      const rows = await transaction.rows<{ readonly json: string }>(readMany, [added]);
      await outbox.append(transaction, ...rows.flatMap(createdEvents));
      products += added.length;
    }
    return { categories: categories.length, products };
  });
}

/** Resolves with the ids of what was added. */
async function insertBatch(
  transaction: Transaction,
  statement: typeof insertProducts,
  rows: readonly unknown[],
): Promise<readonly string[]> {
  const added = await transaction.rows<{ readonly id: string }>(statement, [JSON.stringify(rows)]);
  return added.map(({ id }) => id);
}
