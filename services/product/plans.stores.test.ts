import { randomUUID } from 'node:crypto';
import test from 'ava';
import pg from 'pg';
import { silentLogger } from '#chassis/logger.ts';
import { migrate } from '#chassis/migrations/runner.ts';
import type { Connection } from '#chassis/postgres/statement.ts';
import { loginTo } from '#chassis/testing/test-database.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import type { ProductFilter } from './domain/product.ts';
import { listProducts, readProduct, readVariants } from './store/read-products.ts';

// What a request costs must not grow with the catalogue.

const products = 5_000;
const server = await startPostgres();
await server.createDatabase('plans');
const target = loginTo(server, 'plans');
await migrate(new URL('./migrations/', import.meta.url), { ...target, migrationDeadlineMs: 10_000 }, silentLogger);
const client = new pg.Client(server.url('plans'));
await client.connect();

/** Three variants each, one of them removed, with two prices. One product in a hundred is a draft. */
await client.query(`
  with p as (
    insert into products (id, slug, title, status, option_names)
    select gen_random_uuid(), 'product-' || n, 'Product ' || n, case when n % 100 = 0 then 'draft' else 'active' end, array['size']
    from generate_series(1, ${products}) n returning id, slug
  ), v as (
    insert into variants (id, product_id, position, sku, options, deleted_at)
    select case when n = 0 then id else gen_random_uuid() end, id, n, slug || '-' || n, jsonb_build_object('size', n),
      case when n = 2 then now() end
    from p, generate_series(0, 2) n returning id
  )
  insert into prices (variant_id, currency, amount_minor)
  select id, currency, (random() * 10000)::int from v, unnest(array['EUR', 'USD']) currency`);
await client.query('analyze');

test.after.always(async () => {
  await client.end();
  await server.close();
});

/** Looks at the plan of each statement and runs none. */
async function plansOf(ask: (connection: Connection) => Promise<unknown>): Promise<string> {
  const plans: string[] = [];
  const rows = async (statement: { readonly text: string }, values: readonly unknown[]) => {
    const answer = await client.query(`explain ${statement.text}`, [...values]);
    plans.push(answer.rows.map((row) => row['QUERY PLAN']).join('\n'));
    return [];
  };
  await ask({ rows });
  return plans.join('\n');
}

const page = (filter: Partial<ProductFilter>, after?: readonly [string | number, string]) => (connection: Connection) =>
  listProducts(connection, {
    filter: { sort: 'newest', status: 'active', ...filter },
    after,
    limit: 21,
  });

const questions: Readonly<Record<string, (connection: Connection) => Promise<unknown>>> = {
  'a product by its slug': (connection) => readProduct(connection, { slug: 'product-7' }, { withUnpublished: false }),
  'a product by its id': (connection) => readProduct(connection, { id: randomUUID() }, { withUnpublished: false }),
  'the newest products': page({}),
  'the page after it': page({}, ['', randomUUID()]),
  'products by title': page({ sort: 'title' }),
  'products by price': page({ sort: 'price', currency: 'EUR' }),
  'the page after those': page({ sort: 'price', currency: 'EUR' }, [5000, randomUUID()]),
  drafts: page({ status: 'draft' }),
  'products by their ids': page({ ids: [randomUUID(), randomUUID()] }),
  'products by SKUs': page({ skus: ['product-7-0', 'product-8-1'] }),
  'variants by their ids': (connection) => readVariants(connection, [randomUUID()], { withUnpublished: false }),
};

for (const [what, ask] of Object.entries(questions)) {
  test.serial(`${what}: read by indices, however many products there are`, async (t) => {
    const plan = await plansOf(ask);
    t.regex(plan, /Index (Only )?Scan|Bitmap/);
    t.notRegex(plan, /Seq Scan on (products|variants|prices)/, plan);
  });
}
