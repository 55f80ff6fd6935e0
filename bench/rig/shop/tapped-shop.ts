import type { Environment } from '#chassis/config/settings.ts';
import { startElasticsearch } from '#lab/stores/elasticsearch.ts';
import { type PostgresServer, startPostgres } from '#lab/stores/postgres.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { readHttp } from '../wire/http.ts';
import { readPostgres } from '../wire/postgres.ts';
import { openTap, type Tap, type Traffic } from '../wire/tap.ts';
import { createServiceDatabase, type Owner } from './databases.ts';
import { fromSources, type ServiceProgram, type ServiceStart, startService } from './service-program.ts';
import { tapRedis } from './tapped-redis.ts';
import { createTokenSigner, type TokenSigner } from './tokens.ts';
import { userEnvironment } from './user-environment.ts';

/** What is counted: SQL statements, Redis commands, requests to Elasticsearch, and requests from service to service. */
export const kinds = ['sql', 'redis', 'elasticsearch', 'http'] as const;
export type Kind = (typeof kinds)[number];

/** The services there are. */
export type Program = 'product' | 'user' | 'inventory' | 'cart' | 'search' | 'gateway';

/** Six services with somebody reading along on every connection between them and their stores. */
export interface TappedShop extends AsyncDisposable, Readonly<Record<Program, ServiceProgram>> {
  readonly postgres: PostgresServer;
  readonly elasticsearchUrl: string;
  readonly tokens: TokenSigner;
  /** What went over all connections since the last call. */
  take(): Readonly<Record<Kind, Traffic>>;
}

/** Nothing happens by itself while something is counted. */
const quiet: Readonly<Partial<Record<Program, Environment>>> = {
  inventory: { APP_RESERVATION_SWEEP_MS: '600000', APP_STOCK_VERIFY_MS: '86400000' },
  cart: { APP_CART_SWEEP_MS: '3600000' },
  user: { APP_PERSONAL_DATA_RESEAL_MS: '3600000' },
  search: { APP_SEARCH_POLL_MS: '60000', APP_SEARCH_CATEGORIES_POLL_MS: '3600000' },
};

export interface ShopOptions {
  /** How services are started; from the sources of this checkout when absent. */
  readonly startOf?: (service: Program) => ServiceStart;
  /** The variables that lead to Kafka; without it events stay in the outboxes. */
  readonly kafka?: Environment;
}

/** Starts servers and services. */
export async function startTappedShop({ startOf = fromSources, kafka = {} }: ShopOptions = {}): Promise<TappedShop> {
  await using stack = new AsyncDisposableStack();
  const [postgres, redisCluster, elasticsearch] = await Promise.all([
    startPostgres().then((server) => stack.adopt(server, ({ close }) => close())),
    startRedisCluster().then((server) => stack.adopt(server, ({ close }) => close())),
    startElasticsearch().then((server) => stack.adopt(server, ({ close }) => close())),
  ]);
  const taps: Record<Kind, Tap[]> = { sql: [], redis: [], elasticsearch: [], http: [] };
  const tap = async (kind: Kind, createReader: () => ReturnType<typeof readHttp>, port: number): Promise<number> => {
    const opened = stack.use(await openTap(createReader, { port }));
    taps[kind].push(opened);
    return opened.port;
  };
  const redis = stack.use(await tapRedis(redisCluster));
  taps.redis.push(...redis.taps);
  const database = async (owner: Owner) =>
    createServiceDatabase(postgres, owner, { port: await tap('sql', readPostgres, postgres.port) });
  const behindTap = async ({ url }: { readonly url: string }) =>
    `http://127.0.0.1:${await tap('http', readHttp, Number(new URL(url).port))}`;
  const start = async (name: Program, environment: Environment) =>
    stack.use(
      await startService(name, { ...quiet[name], ...(name === 'gateway' ? {} : kafka), ...environment }, startOf(name)),
    );

  const elasticsearchUrl = elasticsearch.nodes[0]?.url ?? '';
  const tokens = await createTokenSigner();
  const [product, inventory, user] = await Promise.all([
    start('product', await database('product')),
    start('inventory', await database('inventory')),
    start('user', { ...(await database('user')), ...userEnvironment() }),
  ]);
  const productUrl = await behindTap(product);
  const [cart, search, gateway] = await Promise.all([
    start('cart', {
      ...(await database('cart')),
      ...redis.environment,
      APP_UPSTREAM_PRODUCT: productUrl,
      APP_UPSTREAM_INVENTORY: await behindTap(inventory),
    }),
    start('search', {
      APP_ELASTICSEARCH_URLS: `http://127.0.0.1:${await tap('elasticsearch', readHttp, Number(new URL(elasticsearchUrl).port))}`,
      APP_ELASTICSEARCH_REQUEST_TIMEOUT_MS: '15000',
      APP_UPSTREAM_PRODUCT: productUrl,
    }),
    start('gateway', {
      ...redis.environment,
      APP_UPSTREAM_PRODUCT: productUrl,
      APP_IDENTITY_JWKS: tokens.jwks,
      APP_RATE_LIMIT_CUSTOMER_READ: '10000000',
    }),
  ]);
  const owned = stack.move();
  return {
    ...{ product, inventory, user, cart, search, gateway },
    ...{ postgres, elasticsearchUrl, tokens },
    take: () => ({
      sql: sum(taps.sql),
      redis: sum(taps.redis),
      elasticsearch: sum(taps.elasticsearch),
      http: sum(taps.http),
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function sum(taps: readonly Tap[]): Traffic {
  const taken = taps.map((one) => one.take());
  return {
    operations: taken.flatMap(({ operations }) => operations),
    roundTrips: taken.reduce((total, { roundTrips }) => total + roundTrips, 0),
  };
}
