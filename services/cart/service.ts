/** The cart service: what customers mean to buy, and what it costs. */
import { createPostgresIdempotencyStore } from '#chassis/idempotency/postgres-store.ts';
import { uuidv7 } from '#chassis/ids.ts';
import { createSchemaCheck } from '#chassis/migrations/schema-check.ts';
import { openNeighbour } from '#chassis/neighbours/neighbour.ts';
import { openOutbox } from '#chassis/outbox/open-outbox.ts';
import { openDatabase } from '#chassis/postgres/database.ts';
import { closeRedis, createRedisCheck, openRedis, type RedisClient } from '#chassis/redis/redis.ts';
import { createService, type Platform, type Worker } from '#chassis/service.ts';
import { createCatalogue } from './catalogue/catalogue.ts';
import { createOfferCache } from './catalogue/offer-cache.ts';
import type { CartDeps } from './deps.ts';
import { cartRoutes } from './routes/carts.ts';
import { couponRoutes } from './routes/coupons.ts';
import { internalRoutes } from './routes/internal.ts';
import { cartSettings } from './settings.ts';
import { createStockCheck } from './stock/availability.ts';
import { createActivity } from './store/activity.ts';
import { createCartStore } from './store/carts.ts';
import { createGuesses } from './store/guesses.ts';
import { createCartWorkers } from './workers.ts';

const migrations = new URL('./migrations/', import.meta.url);
const hourMs = 3_600_000;

type CartPlatform = Platform<typeof cartSettings>;

interface RunningDeps extends CartDeps {
  readonly workers: readonly Worker[];
}

export const cartService = createService({
  name: 'cart',
  title: 'Cart service',
  description:
    'Carts of guests and of accounts, coupons, and quotes: what a cart costs, kept for some minutes. A guest proves by a secret that a cart is its own; an account’s cart is opened by nothing but the account.',
  settings: cartSettings,
  routes: [...cartRoutes, ...couponRoutes, ...internalRoutes],
  identityKeys: (settings) => settings.identity.internalKeys,
  migrations: { folder: migrations, groups: ['postgres'], settings: (settings) => settings.postgres },
  idempotency: (deps: RunningDeps) => createPostgresIdempotencyStore(deps.database),
  workers: ({ workers }) => workers,
  warmUp: async () => ['/api/v1/carts/current'],
  build: buildDeps,
});

function buildDeps(platform: CartPlatform): RunningDeps {
  const { name, settings, logger, metrics, addCheck, onClose } = platform;
  const { carts, charges } = settings;
  const redis = openRedis(settings.redis, logger);
  onClose('redis', () => closeRedis(redis));
  addCheck(createRedisCheck(redis, true));
  const database = openDatabase(settings.postgres, {
    service: name,
    version: settings.process.version,
    logger,
    metrics,
  });
  onClose('postgres', () => database.close());
  // Carts live in Redis: without PostgreSQL they go on, and coupons and quotes wait.
  addCheck({ name: 'postgres', isRequired: false, probe: () => database.ping() });
  addCheck(createSchemaCheck(database, migrations));
  const { outbox, workers } = openOutbox('cart', platform, database);
  const offers = createOfferCache(redis, settings.neighbours.offerCacheSeconds * 1000);
  const deps: CartDeps = {
    ...openStores(redis, platform),
    ...openNeighbours(offers, platform),
    database,
    outbox,
    logger,
    newId: uuidv7,
    now: Date.now,
    charges,
    defaultCurrency: carts.defaultCurrency,
    lifetimes: lifetimesOf(carts),
    quoteSeconds: carts.quoteSeconds,
  };
  return { ...deps, workers: [...workers, ...createCartWorkers(deps, offers, platform)] };
}

function openStores(redis: RedisClient, { settings: { carts } }: CartPlatform) {
  return {
    carts: createCartStore(redis, lifetimesOf(carts), Date.now),
    activity: createActivity(redis, Date.now),
    guesses: createGuesses(redis, carts.couponGuesses),
  };
}

function openNeighbours(offers: ReturnType<typeof createOfferCache>, platform: CartPlatform) {
  const { settings, logger, metrics, onClose } = platform;
  const { product, inventory, productTimeoutMs, inventoryTimeoutMs } = settings.neighbours;
  const common = { caller: 'cart', keys: settings.identity.internalKeys, registry: metrics.registry } as const;
  const open = (name: 'product' | 'inventory', origin: string, timeoutMs: number) => {
    const neighbour = openNeighbour({ ...common, name, origin, timeoutMs });
    onClose(`connections to ${name}`, () => neighbour.close());
    return neighbour;
  };
  return {
    catalogue: createCatalogue(offers, open('product', product, productTimeoutMs), logger),
    stock: createStockCheck(
      inventory === undefined ? undefined : open('inventory', inventory, inventoryTimeoutMs),
      logger,
    ),
  };
}

function lifetimesOf(carts: CartPlatform['settings']['carts']) {
  return {
    guestMs: carts.guestHours * hourMs,
    userMs: carts.userHours * hourMs,
    emptyGuestMs: carts.emptyHours * hourMs,
  };
}
