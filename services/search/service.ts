/** The search service: finding what there is to buy. */

import { uuidv7 } from '#chassis/ids.ts';
import { createKafkaCheck, openKafka } from '#chassis/kafka/client.ts';
import { openProducer } from '#chassis/kafka/producer.ts';
import { type Neighbour, openNeighbour } from '#chassis/neighbours/neighbour.ts';
import { openSearch } from '#chassis/search/client.ts';
import { createService, type Platform, type Worker } from '#chassis/service.ts';
import { createProductClient } from './clients/product-client.ts';
import type { SearchDeps } from './deps.ts';
import type { ProductIndex } from './domain/product-index.ts';
import { createLagMetrics } from './events/lag.ts';
import { createProductConsumer } from './events/product-changes.ts';
import { createStockConsumer } from './events/stock-changes.ts';
import { rebuildRoutes } from './routes/rebuild.ts';
import { searchRoutes } from './routes/search.ts';
import { synonymRoutes } from './routes/synonyms.ts';
import { settingsOfSearch } from './settings.ts';
import { createElasticsearchEngine } from './store/elasticsearch-engine.ts';
import { assertReadable } from './store/inspect.ts';
import { indexNames } from './store/names.ts';
import { answeringClient } from './store/outage.ts';
import { createCategoryBook } from './use-cases/category-book.ts';
import { createCursorCodec } from './use-cases/cursor.ts';
import { createSynonymBook } from './use-cases/synonym-book.ts';
import { createIndexKeeper, createRebuildWorker, createTombstonePurge } from './workers.ts';

export const searchService = createService({
  name: 'search',
  title: 'Search service',
  description:
    'Finds products: by words with and without mistakes, by filters with counts, and while the customer is typing. Asking is public; synonyms and rebuilding the index need a role.',
  settings: settingsOfSearch,
  routes: [...searchRoutes, ...synonymRoutes, ...rebuildRoutes],
  identityKeys: (settings) => settings.identity.internalKeys,
  workers: (deps: SearchDeps) => deps.workers,
  warmUp: async () => ['/api/v1/search?q=a&limit=10', '/api/v1/suggest?q=a'],
  build: (platform): SearchDeps => {
    const { settings, logger, metrics, addCheck, onClose } = platform;
    const { internalKeys } = settings.identity;
    const client = openSearch(settings.elasticsearch, metrics);
    onClose('elasticsearch', () => client.close());
    const names = indexNames(settings.index.prefix);
    // Without it nothing can be answered. Kafka's absence only makes answers old, the product service's only stops rebuilds.
    addCheck({ name: 'elasticsearch', isRequired: true, probe: () => assertReadable(client, names) });
    const { index, pair, records } = createElasticsearchEngine(client, names);
    const products = createProductClient(openProduct(platform));
    const { pollMs, categoriesPollMs, leaseMs } = settings.index;
    const synonyms = createSynonymBook({ records, logger, pollMs });
    const categories = createCategoryBook({ records, products, logger, pollMs: categoriesPollMs });
    const worker = uuidv7();
    return {
      ...createElasticsearchEngine(answeringClient(client), names),
      cursors: createCursorCodec(internalKeys),
      categories,
      synonyms,
      products,
      newId: uuidv7,
      workers: [
        createIndexKeeper(index, logger),
        synonyms.worker,
        categories.worker,
        createRebuildWorker({ pair, records, products, logger, worker, leaseMs }, pollMs),
        createTombstonePurge(index, { logger, metrics }),
        ...openConsumers(platform, index),
      ],
    };
  },
});

/** Longest wait for a page of products. */
const productTimeoutMs = 5000;

function openProduct({ settings, metrics, onClose }: Platform<typeof settingsOfSearch>): Neighbour {
  const product = openNeighbour({
    name: 'product',
    origin: settings.product.url,
    timeoutMs: productTimeoutMs,
    caller: 'search',
    keys: settings.identity.internalKeys,
    registry: metrics.registry,
  });
  onClose('connections to product', () => product.close());
  return product;
}

function openConsumers(
  { settings, logger, metrics, addCheck, onClose }: Platform<typeof settingsOfSearch>,
  index: ProductIndex,
): readonly Worker[] {
  const { bootstrapServers, ...kafkaSettings } = settings.kafka;
  if (bootstrapServers === undefined) {
    logger.warn('no Kafka is configured: the index follows no changes');
    return [];
  }
  const kafka = openKafka({ ...kafkaSettings, bootstrapServers }, { service: 'search', logger });
  const check = createKafkaCheck(kafka);
  addCheck(check);
  onClose('kafka', () => check.close());
  const producer = openProducer(kafka, settings.kafka, metrics);
  onClose('kafka producer', () => producer.close());
  const tools = { index, lag: createLagMetrics(metrics) };
  const consumerTools = { client: kafka, producer, settings: settings.kafka, metrics };
  return [createProductConsumer(tools, consumerTools), createStockConsumer(tools, consumerTools)];
}
