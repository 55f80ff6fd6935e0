/** The product service: what there is to buy. */
import { createPostgresIdempotencyStore } from '#chassis/idempotency/postgres-store.ts';
import { uuidv7 } from '#chassis/ids.ts';
import { createSchemaCheck } from '#chassis/migrations/schema-check.ts';
import { openDatabase } from '#chassis/postgres/database.ts';
import { createService } from '#chassis/service.ts';
import { categoryRoutes } from './routes/categories.ts';
import type { ProductDeps } from './routes/deps.ts';
import { productRoutes } from './routes/products.ts';
import { makeCatalogue } from './seed/catalogue.ts';
import { productSettings } from './settings.ts';
import { seedCatalogue } from './store/seed-catalogue.ts';

const migrations = new URL('./migrations/', import.meta.url);

export const productService = createService({
  name: 'product',
  title: 'Product service',
  description: 'Products, their prices and the tree of categories. Reading is public; changing needs a role.',
  settings: productSettings,
  routes: [...productRoutes, ...categoryRoutes],
  identityKeys: (settings) => settings.identity.internalKeys,
  migrations: { folder: migrations, groups: ['postgres'], settings: (settings) => settings.postgres },
  idempotency: (deps: ProductDeps) => createPostgresIdempotencyStore(deps.database),
  build: ({ name, settings, logger, metrics, addCheck, onClose }): ProductDeps => {
    const database = openDatabase(settings.postgres, { service: name, logger, metrics });
    onClose('postgres', () => database.close());
    addCheck({ name: 'postgres', isRequired: true, probe: () => database.ping() });
    addCheck({ name: 'postgres-replica', isRequired: false, probe: () => database.pingReplica() });
    addCheck(createSchemaCheck(database, migrations));
    return { database, newId: uuidv7 };
  },
  commands: {
    seed: {
      summary: 'Add the demonstration catalogue; what is there already stays.',
      run: async ({ database }, logger) => {
        const added = await seedCatalogue(database, makeCatalogue());
        logger.info(added, 'catalogue seeded');
      },
    },
  },
});
