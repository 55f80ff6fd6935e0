/** The cart service in tests: on a real Redis Cluster and PostgreSQL, beside the real product service. */
import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { Cluster } from 'ioredis';
import pg from 'pg';
import type { Environment } from '#chassis/config/settings.ts';
import {
  type Answer,
  type CallOptions,
  type ServiceUnderTest,
  startUnderTest,
} from '#chassis/testing/service-under-test.ts';
import { startTestDatabases, type TestDatabases } from '#chassis/testing/test-database.ts';
import type { Role } from '#contracts/identity.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { type RedisCluster, startRedisCluster } from '#lab/stores/redis.ts';
import { productService } from '../../product/service.ts';
import { cartService } from '../service.ts';

/** The servers of one test file. */
export interface CartStores {
  readonly databases: TestDatabases;
  readonly products: TestDatabases;
  readonly redis: RedisCluster;
  close(): Promise<void>;
}

/** Starts them once per file. */
export async function startCartStores(): Promise<CartStores> {
  const [databases, products, redis] = await Promise.all([
    startTestDatabases(new URL('../migrations/', import.meta.url)),
    startTestDatabases(new URL('../../product/migrations/', import.meta.url)),
    startRedisCluster(),
  ]);
  const close = async () => void (await Promise.all([databases.close(), products.close(), redis.close()]));
  return { databases, products, redis, close };
}

export interface CartUnderTest extends ServiceUnderTest {
  readonly product: ServiceUnderTest;
  /** The variables that lead to its stores and neighbours. */
  readonly environment: Environment;
  /** Looks into `cart_db` beside the service. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of a row by its assertions
type Row = any;

/** Variables that lead to the stores: a database of its own, and the Redis of the file. */
export async function storesOf({ databases, redis }: Pick<CartStores, 'databases' | 'redis'>): Promise<Environment> {
  return {
    ...(await databases.create()),
    APP_REDIS_NODES: redis.nodeList,
    APP_REDIS_PASSWORD: redis.password,
    // A busy test machine is no outage.
    APP_REDIS_COMMAND_TIMEOUT_MS: '10000',
    APP_PRODUCT_TIMEOUT_MS: '10000',
  };
}

/** Starts product and cart on databases of their own; resolves when the cart service is ready. */
export async function startCart(
  t: ExecutionContext,
  stores: CartStores,
  changes: Environment = {},
): Promise<CartUnderTest> {
  const product = await startUnderTest(t, productService, await stores.products.create());
  const environment: Environment = { APP_UPSTREAM_PRODUCT: product.url, ...(await storesOf(stores)), ...changes };
  const service = await startUnderTest(t, cartService, environment);
  await waitFor('the service is ready', async () => (await service.call('GET', '/health')).status === 200, {
    timeoutMs: 30_000,
  });
  const client = new pg.Client(stores.databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  // A test may stop the server.
  client.on('error', () => undefined);
  t.teardown(() => client.end());
  const query = async (text: string, values: readonly unknown[] = []) => (await client.query(text, [...values])).rows;
  return { ...service, product, environment, query };
}

/** A client of the test itself. */
export async function openTestRedis(t: ExecutionContext, { redis }: Pick<CartStores, 'redis'>): Promise<Cluster> {
  const nodes = redis.nodes.map(({ host, port }) => ({ host, port }));
  const client = new Cluster(nodes, { redisOptions: { password: redis.password } });
  t.teardown(() => client.disconnect());
  await client.ping();
  return client;
}

let count = 0;

export interface Article {
  readonly id: string;
  readonly sku: string;
}

/** Adds an article to the catalogue, for sale. */
export async function anArticle(
  { product }: Pick<CartUnderTest, 'product'>,
  amountMinor = 1000,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Article> {
  count += 1;
  const body = {
    slug: `article-${count}`,
    title: `Article ${count}`,
    status: 'active',
    sku: `ART-${count}`,
    prices: [{ currency: 'EUR', amountMinor }],
    ...changes,
  };
  return expect(await product.call('POST', '/api/v1/products', { roles: ['admin'], body }), 201).json;
}

/** Changes an article. */
export async function changeArticle({ product }: CartUnderTest, id: string, body: unknown): Promise<Answer> {
  const options: CallOptions = { roles: ['admin'], headers: { 'if-match': '*' }, body };
  return expect(await product.call('PATCH', `/api/v1/products/${id}`, options), 200);
}

/** Somebody with an account. */
export function aCustomer(): { readonly id: string } {
  return { id: randomUUID() };
}

/** Calls as the gateway does for this person. */
export function as(person: { readonly id: string }, options: CallOptions = {}, roles: readonly Role[] = ['customer']) {
  return { ...options, subject: person.id, roles } satisfies CallOptions;
}

export interface Guest {
  readonly token: string;
  readonly cartId: string;
}

/** A guest with a new cart. */
export async function aGuest(service: ServiceUnderTest, body: unknown = {}): Promise<Guest> {
  const answer = expect(await service.call('POST', '/api/v1/carts', { body }), 201);
  return { token: answer.headers.get('x-cart-token') ?? '', cartId: answer.json.id };
}

/** Calls with the guest's secret. */
export function asGuest({ token }: Pick<Guest, 'token'>, options: CallOptions = {}): CallOptions {
  return { ...options, headers: { ...options.headers, 'x-cart-token': token } };
}

/** Path of a line of the caller's cart. */
export function linePath(articleId: string, cartId = 'current'): string {
  return `/api/v1/carts/${cartId}/items/${articleId}`;
}

/** The answer, if it has the status. */
export function expect(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text}`);
  return answer;
}

/** Adds a coupon. */
export async function aCoupon(service: ServiceUnderTest, changes: Readonly<Record<string, unknown>> = {}) {
  count += 1;
  const body = { code: `COUPON-${count}`, kind: 'percent', value: 1000, ...changes };
  return expect(await service.call('POST', '/api/v1/coupons', { roles: ['admin'], body }), 201).json;
}
