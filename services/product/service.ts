/** The product service: what there is to buy. */
import { createPostgresIdempotencyStore } from '#chassis/idempotency/postgres-store.ts';
import { uuidv7 } from '#chassis/ids.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { openProducer } from '#chassis/kafka/producer.ts';
import { createSchemaCheck } from '#chassis/migrations/schema-check.ts';
import { openOutbox } from '#chassis/outbox/open-outbox.ts';
import { type Database, openDatabase } from '#chassis/postgres/database.ts';
import { createService, type Platform, type Worker } from '#chassis/service.ts';
import { createStockConsumer } from './events/stock-changes.ts';
import { categoryRoutes } from './routes/categories.ts';
import type { ProductDeps } from './routes/deps.ts';
import { importRoutes } from './routes/imports.ts';
import { mediaRoutes } from './routes/media.ts';
import { productRoutes } from './routes/products.ts';
import { variantRoutes } from './routes/variants.ts';
import { makeCatalogue } from './seed/catalogue.ts';
import { productSettings } from './settings.ts';
import { seedCatalogue } from './store/seed-catalogue.ts';
import { warmUp } from './warm-up.ts';
import { productWorkers } from './workers.ts';

const migrations = new URL('./migrations/', import.meta.url);

export const productService = createService({
  name: 'product',
  title: 'Product service',
  description:
    'Products with their variants, prices and pictures, and the tree of categories. Reading is public; changing needs a role.',
  settings: productSettings,
  routes: [...productRoutes, ...variantRoutes, ...mediaRoutes, ...importRoutes, ...categoryRoutes],
  identityKeys: (settings) => settings.identity.internalKeys,
  migrations: { folder: migrations, groups: ['postgres'], settings: (settings) => settings.postgres },
  idempotency: (deps: ProductDeps) => createPostgresIdempotencyStore(deps.database),
  workers: (deps) => deps.workers,
  warmUp,
  build: (platform): ProductDeps => {
    const { name, settings, logger, metrics, addCheck, onClose } = platform;
    const database = openDatabase(settings.postgres, {
      service: name,
      version: settings.process.version,
      logger,
      metrics,
    });
    onClose('postgres', () => database.close());
    addCheck({ name: 'postgres', isRequired: true, probe: () => database.ping() });
    addCheck({ name: 'postgres-replica', isRequired: false, probe: () => database.pingReplica() });
    addCheck(createSchemaCheck(database, migrations));
    const { outbox, workers } = openOutbox('product', platform, database);
    const own = productWorkers({ database, outbox, newId: uuidv7 }, platform);
    return { database, newId: uuidv7, outbox, workers: [...workers, ...own, ...openConsumer(platform, database)] };
  },
  commands: {
    seed: {
      summary: 'Add the demonstration catalogue; what is there already stays.',
      run: async (deps, logger) => {
        const added = await seedCatalogue(deps, makeCatalogue());
        logger.info(added, 'catalogue seeded');
      },
    },
  },
});

/** Without Kafka the availability of everything stays unknown. */
function openConsumer(
  { settings, logger, metrics, onClose }: Platform<typeof productSettings>,
  database: Database,
): readonly Worker[] {
  const { bootstrapServers, ...kafka } = settings.kafka;
  if (bootstrapServers === undefined) return [];
  const client = openKafka({ ...kafka, bootstrapServers }, { service: 'product', logger });
  const producer = openProducer(client, kafka, metrics);
  onClose('kafka producer', () => producer.close());
  return [createStockConsumer(database, { client, producer, settings: kafka, metrics })];
}
