/** The inventory service: what lies where, and what of it is promised to whom. */
import { createPostgresIdempotencyStore } from '#chassis/idempotency/postgres-store.ts';
import { uuidv7 } from '#chassis/ids.ts';
import { createEventConsumer } from '#chassis/inbox/event-consumer.ts';
import { openKafka } from '#chassis/kafka/client.ts';
import { openProducer } from '#chassis/kafka/producer.ts';
import { createSchemaCheck } from '#chassis/migrations/schema-check.ts';
import { openOutbox } from '#chassis/outbox/open-outbox.ts';
import { type Database, openDatabase } from '#chassis/postgres/database.ts';
import { createService, type Platform, type Worker } from '#chassis/service.ts';
import type { InventoryDeps, Writer } from './deps.ts';
import { productHandlers } from './events/product-events.ts';
import { createGroups } from './groups.ts';
import { availabilityRoutes } from './routes/availability.ts';
import { reservationRoutes } from './routes/reservations.ts';
import { stockRoutes } from './routes/stock.ts';
import { warehouseRoutes } from './routes/warehouses.ts';
import { inventorySettings } from './settings.ts';
import { createSweeper, createVerifier } from './workers.ts';

const migrations = new URL('./migrations/', import.meta.url);

type InventoryPlatform = Platform<typeof inventorySettings>;

interface RunningDeps extends InventoryDeps {
  readonly workers: readonly Worker[];
}

export const inventoryService = createService({
  name: 'inventory',
  title: 'Inventory service',
  description:
    'Stock per SKU and warehouse, reservations for orders, adjustments and the ledger of it all. Whether something can be had is public.',
  settings: inventorySettings,
  routes: [...availabilityRoutes, ...warehouseRoutes, ...stockRoutes, ...reservationRoutes],
  identityKeys: (settings) => settings.identity.internalKeys,
  migrations: { folder: migrations, groups: ['postgres'], settings: (settings) => settings.postgres },
  idempotency: (deps: RunningDeps) => createPostgresIdempotencyStore(deps.database),
  workers: ({ workers }) => workers,
  warmUp: async () => ['/api/v1/availability?skus=A,B,C'],
  build: buildDeps,
});

function buildDeps(platform: InventoryPlatform): RunningDeps {
  const { name, settings, logger, metrics, addCheck, onClose } = platform;
  const { registry } = metrics;
  const { reservations, groups, verification } = settings;
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
  const { outbox, workers } = openOutbox('inventory', platform, database);
  const writer: Writer = { database, outbox, newId: uuidv7 };
  const maxRunning = Math.max(1, Math.min(groups.maxRunning, settings.postgres.poolMax - 2));
  return {
    ...writer,
    reservations,
    ...createGroups(writer, { ...groups, maxRunning }, registry),
    workers: [
      ...workers,
      ...openProductConsumer(platform, database),
      createSweeper(writer, { logger, registry, periodMs: reservations.sweepMs }),
      createVerifier(writer, { logger, registry, periodMs: verification.periodMs }),
    ],
  };
}

/** Without Kafka new SKUs get their level with their first adjustment. */
function openProductConsumer({ settings, logger, metrics, onClose }: InventoryPlatform, database: Database) {
  const { bootstrapServers, ...kafka } = settings.kafka;
  if (bootstrapServers === undefined) return [];
  const client = openKafka({ ...kafka, bootstrapServers }, { service: 'inventory', logger });
  const producer = openProducer(client, kafka, metrics);
  onClose('kafka producer', () => producer.close());
  return createEventConsumer({ service: 'inventory', purpose: 'skus', handlers: productHandlers }, database, {
    client,
    producer,
    settings: kafka,
    metrics,
  });
}
