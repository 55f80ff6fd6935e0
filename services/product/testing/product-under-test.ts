/** The product service on a database of its own, with the calls that many tests make. */
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import type { Environment } from '#chassis/config/settings.ts';
import {
  type Answer,
  type CallOptions,
  type ServiceUnderTest,
  startUnderTest,
} from '#chassis/testing/service-under-test.ts';
import { startTestDatabases, type TestDatabases } from '#chassis/testing/test-database.ts';
import { productService } from '../service.ts';
import { aProduct } from './factories.ts';

export const editor: CallOptions = { roles: ['catalog-manager'] };
export const products = '/api/v1/products';

export interface ProductUnderTest {
  readonly service: ServiceUnderTest;
  /** A connection of the test itself. */
  readonly client: pg.Client;
  readonly environment: Environment;
  /** Creates a product from `aProduct(changes)`. */
  create(changes?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** A call of an editor for any version, unless `tag` names one. */
  edit(method: string, path: string, body?: unknown, tag?: string): Promise<Answer>;
  /** Types and data of all events so far. */
  events(): Promise<readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[]>;
}

/** One server for the tests of a file. */
export function startDatabases(): Promise<TestDatabases> {
  return startTestDatabases(new URL('../migrations/', import.meta.url));
}

export async function startProduct(
  t: ExecutionContext,
  databases: TestDatabases,
  changes: Environment = {},
): Promise<ProductUnderTest> {
  const environment = { ...(await databases.create()), ...changes };
  const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  const service = await startUnderTest(t, productService, environment);
  return {
    service,
    client,
    environment,
    create: (changes) => service.call('POST', products, { ...editor, body: aProduct(changes) }),
    edit: (method, path, body, tag = '*') =>
      service.call(method, path, { ...editor, ...(body === undefined ? {} : { body }), headers: { 'if-match': tag } }),
    events: async () => {
      const { rows } = await client.query('select type, payload from outbox order by id');
      return rows.map(({ type, payload }) => ({ type, data: JSON.parse(payload) }));
    },
  };
}

const tables = [
  'products',
  'variants',
  'prices',
  'timed_prices',
  'media',
  'media_files',
  'slug_history',
  'categories',
  'idempotency_keys',
  'import_jobs',
  'import_rows',
  'outbox',
];

/** Rows of every table, as one text: what refused requests must leave as it is. */
export async function contentsOf({ client }: Pick<ProductUnderTest, 'client'>): Promise<string> {
  const rows = [];
  for (const table of tables) rows.push((await client.query(`select * from ${table} as row order by row::text`)).rows);
  return JSON.stringify(rows);
}

/** A product as its events carry it: availability is the inventory's to tell. */
export function asTold<Product extends { readonly variants: readonly Readonly<Record<string, unknown>>[] }>(
  product: Product,
) {
  return { ...product, variants: product.variants.map(({ availability: _availability, ...variant }) => variant) };
}
