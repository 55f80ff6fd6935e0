/** The search service in tests: on a real Elasticsearch, beside the real product service. */
import type { ExecutionContext } from 'ava';
import type { Environment } from '#chassis/config/settings.ts';
import { createMetrics } from '#chassis/metrics.ts';
import { openSearch, type SearchClient } from '#chassis/search/client.ts';
import { type ServiceUnderTest, startUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases, type TestDatabases } from '#chassis/testing/test-database.ts';
import type { ProductState } from '#contracts/events/product.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { type ElasticsearchCluster, startElasticsearch } from '#lab/stores/elasticsearch.ts';
import { productService } from '../../product/service.ts';
import type { SearchEngine } from '../domain/engine.ts';
import { searchService } from '../service.ts';
import { createElasticsearchEngine } from '../store/elasticsearch-engine.ts';
import { refresh } from '../store/inspect.ts';
import { type IndexNames, indexNames } from '../store/names.ts';

/** Servers that the tests of a file share. */
export interface SearchStores {
  readonly elasticsearch: ElasticsearchCluster;
  readonly databases: TestDatabases;
  close(): Promise<void>;
}

export async function startSearchStores(): Promise<SearchStores> {
  const [elasticsearch, databases] = await Promise.all([
    startElasticsearch(),
    startTestDatabases(new URL('../../product/migrations/', import.meta.url)),
  ]);
  return {
    elasticsearch,
    databases,
    close: async () => {
      await Promise.all([elasticsearch.close(), databases.close()]);
    },
  };
}

export interface SearchUnderTest {
  readonly search: ServiceUnderTest;
  readonly product: ServiceUnderTest;
  /** Of the test itself, beside the service's; so are client and names. */
  readonly engine: SearchEngine;
  readonly client: SearchClient;
  readonly names: IndexNames;
  /** That the service was started with: for a second replica. */
  readonly environment: Environment;
  /** Writes products as their events would; then all that was written so far, also by others, is found. */
  index(...products: readonly ProductState[]): Promise<void>;
  /** The body of `GET /api/v1/search?…`. */
  // biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
  find(query: string): Promise<any>;
}

let shops = 0;

/** Starts both services, with indices and a database of their own. */
export async function startSearch(
  t: ExecutionContext,
  { elasticsearch, databases }: SearchStores,
  { search: changes = {}, product: productChanges = {} }: { search?: Environment; product?: Environment } = {},
): Promise<SearchUnderTest> {
  shops += 1;
  const prefix = `shop-${shops}-`;
  const names = indexNames(prefix);
  const urls = elasticsearch.nodes.map(({ url }) => url);
  const product = await startUnderTest(t, productService, { ...(await databases.create()), ...productChanges });
  const environment: Environment = {
    APP_ELASTICSEARCH_URLS: urls.join(','),
    APP_ELASTICSEARCH_REQUEST_TIMEOUT_MS: '15000',
    APP_UPSTREAM_PRODUCT: product.url,
    APP_SEARCH_PREFIX: prefix,
    APP_SEARCH_POLL_MS: '50',
    APP_SEARCH_CATEGORIES_POLL_MS: '100',
    ...changes,
  };
  const search = await startUnderTest(t, searchService, environment);
  const settings = { urls, connectTimeoutMs: 5000, requestTimeoutMs: 30_000, maxAttempts: 5 };
  const client = openSearch(settings, createMetrics('test', 'test'));
  t.teardown(() => client.close());
  const engine = createElasticsearchEngine(client, names);
  const isReady = async () => (await search.call('GET', '/health')).json.checks?.elasticsearch === 'ok';
  await waitFor('the index is there', isReady, { timeoutMs: 60_000 });
  return {
    search,
    product,
    engine,
    client,
    names,
    environment,
    index: async (...products) => {
      await engine.index.writeProducts(products.map((product) => ({ kind: 'put', product })));
      await refresh(client, names.write);
    },
    find: async (query) => {
      const answer = await search.call('GET', `/api/v1/search?${query}`);
      if (answer.status !== 200) throw new Error(`${query} was answered with ${answer.status}: ${answer.text}`);
      return answer.json;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
export const titles = ({ items }: any): readonly string[] => items.map(({ title }: { title: string }) => title);

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
export const idsOf = ({ items }: any): readonly string[] => items.map(({ id }: { id: string }) => id);

let products = 0;

/** The id of the how-manieth product: they sort as they were made. */
export function productId(number: number): string {
  return `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** A product as its events carry it; id, slug and SKU are new each time. */
export function aProductState(changes: Partial<ProductState> = {}): ProductState {
  products += 1;
  return {
    id: productId(products),
    slug: `product-${products}`,
    title: `Product ${products}`,
    description: '',
    status: 'active',
    categoryId: null,
    sku: `SKU-${products}`,
    prices: [{ currency: 'EUR', amountMinor: 1999 }],
    attributes: {},
    version: 1,
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, products)).toISOString(),
    updatedAt: '2026-01-02T00:00:00.000Z',
    ...changes,
  };
}
