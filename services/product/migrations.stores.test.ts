import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import pg from 'pg';
import { silentLogger } from '#chassis/logger.ts';
import { readMigrations } from '#chassis/migrations/files.ts';
import { migrate } from '#chassis/migrations/runner.ts';
import { startUnderTest } from '#chassis/testing/service-under-test.ts';
import { databaseEnvironment, loginTo } from '#chassis/testing/test-database.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { productService } from './service.ts';

const folder = new URL('./migrations/', import.meta.url);
const server = await startPostgres();
test.after.always(() => server.close());

/** The release that had products without a list of variants. */
const before = 4;

/** What that release wrote for a product. */
const writeProduct = `
  with p as (insert into products (id, slug, title, status) values ($1, $2, 'Old', 'active') returning *),
    v as (insert into variants (id, product_id, position, sku) select gen_random_uuid(), id, 0, 'SKU-' || slug from p returning *)
  insert into prices (variant_id, currency, amount_minor, compare_at_minor) select id, 'EUR', 100, 200 from v`;
const updateProduct = `
  with p as (update products set slug = $2, version = version + 1 where id = $1 returning *),
    v as (update variants set sku = 'SKU-' || slug from p where variants.product_id = p.id and variants.position = 0 returning variants.*)
  insert into prices (variant_id, currency, amount_minor, compare_at_minor) select id, 'EUR', 150, null from v
  on conflict (variant_id, currency) do update set amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor`;

const ids = [1, 2].map((number) => `01a20792-7531-7b89-86c5-00000000000${number}`);

test('products of the release before get a default variant with their id, and that release goes on writing', async (t) => {
  await server.createDatabase('upgraded');
  const settings = { ...loginTo(server, 'upgraded'), migrationDeadlineMs: 10_000 };
  const old = await mkdtemp(join(tmpdir(), 'product-migrations-'));
  t.teardown(() => rm(old, { recursive: true }));
  const all = await readMigrations(folder);
  for (const { name } of all.slice(0, before)) await cp(new URL(`${name}.sql`, folder), join(old, `${name}.sql`));
  await migrate(pathToFileURL(`${old}/`), settings, silentLogger);
  const client = new pg.Client(server.url('upgraded'));
  await client.connect();
  t.teardown(() => client.end());
  await client.query(writeProduct, [ids[0], 'first']);

  t.is((await migrate(folder, settings, silentLogger)).length, all.length - before);
  await client.query(writeProduct, [ids[1], 'second']);
  await client.query(updateProduct, [ids[0], 'renamed']);

  const service = await startUnderTest(t, productService, databaseEnvironment(server, 'upgraded'));
  const first = (await service.call('GET', `/api/v1/products/${ids[0]}`)).json;
  t.is(first.variants[0].id, ids[0]);
  t.like(first, { sku: 'SKU-renamed', options: [], media: [], prices: [{ currency: 'EUR', amountMinor: 150 }] });
  const second = (await service.call('GET', `/api/v1/products/second`)).json;
  t.like(second.variants, [{ sku: 'SKU-second', options: {}, prices: [{ amountMinor: 100, compareAtMinor: 200 }] }]);
  t.true(first.prices[0].version > second.prices[0].version, 'its changes move versions as well');
  t.is((await service.call('GET', '/api/v1/products/first')).status, 301, 'and slugs are remembered');
});
