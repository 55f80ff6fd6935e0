/** What this service does beside requests. */
import { Counter } from 'prom-client';
import { openKafka } from '#chassis/kafka/client.ts';
import { openProducer } from '#chassis/kafka/producer.ts';
import { createPurge } from '#chassis/purge.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Platform, Worker } from '#chassis/service.ts';
import type { OfferCache } from './catalogue/offer-cache.ts';
import type { CartDeps } from './deps.ts';
import { createErasureConsumer, createPriceConsumer } from './events/consumers.ts';
import type { cartSettings } from './settings.ts';
import { purgeNotices, purgeQuotes } from './store/quotes.ts';
import { purgeReleasedOrders } from './store/redemptions.ts';
import { sweepCarts } from './use-cases/sweep-carts.ts';

type CartPlatform = Platform<typeof cartSettings>;

/** The search for abandoned carts, the purges, and the consumers where there is a Kafka. */
export function createCartWorkers(deps: CartDeps, offers: OfferCache, platform: CartPlatform): readonly Worker[] {
  return [createSweep(deps, platform), ...createPurges(deps, platform), ...createConsumers(deps, offers, platform)];
}

function createSweep(deps: CartDeps, { settings, logger, metrics }: CartPlatform): Worker {
  const { abandonedAfterSeconds, sweepMs } = settings.carts;
  const abandoned = new Counter({
    name: 'carts_abandoned_total',
    help: 'Filled carts of accounts that were left, each state once.',
    registers: [metrics.registry],
  });
  const work = async () => {
    abandoned.inc(await sweepCarts(deps, abandonedAfterSeconds * 1000));
    return { nextMs: sweepMs };
  };
  return createRecurring('search for abandoned carts', work, { logger, firstMs: sweepMs, retryMs: sweepMs });
}

function createPurges({ database }: CartDeps, { logger, metrics }: CartPlatform): readonly Worker[] {
  const names = { purgedMetric: 'cart_rows_purged_total', failuresMetric: 'cart_row_purge_failures_total' };
  const purge = (table: string, remove: (limit: number) => Promise<number>): Worker =>
    createPurge({ what: table, ...names, labels: { table }, purge: remove }, { logger, metrics });
  return [
    purge('quotes', (limit) => purgeQuotes(database, limit)),
    purge('released_orders', (limit) => purgeReleasedOrders(database, limit)),
    purge('cart_notices', (limit) => purgeNotices(database, limit)),
  ];
}

function createConsumers(deps: CartDeps, offers: OfferCache, platform: CartPlatform): readonly Worker[] {
  const { name, settings, logger, metrics, onClose } = platform;
  const { bootstrapServers, ...kafka } = settings.kafka;
  if (bootstrapServers === undefined) return [];
  const client = openKafka({ ...kafka, bootstrapServers }, { service: name, logger });
  const producer = openProducer(client, kafka, metrics);
  onClose('kafka producer', () => producer.close());
  const tools = { client, producer, settings: kafka, metrics };
  return [createPriceConsumer(offers, tools), ...createErasureConsumer(deps, tools)];
}
