import type { Environment } from '#chassis/config/settings.ts';
import { silentLogger } from '#chassis/logger.ts';
import { migrate } from '#chassis/migrations/runner.ts';
import { databaseEnvironment, loginTo } from '#chassis/testing/test-database.ts';
import type { PostgresServer } from '#lab/stores/postgres.ts';

/** Services with a database of their own. */
export type Owner = 'cart' | 'inventory' | 'product' | 'user';

const migrationDeadlineMs = 30_000;

/** A database with all migrations of a service; resolves with the variables that lead to it, through `port` if given. */
export async function createServiceDatabase(
  server: PostgresServer,
  owner: Owner,
  { name = `${owner}_db`, port = server.port }: { readonly name?: string; readonly port?: number } = {},
): Promise<Environment> {
  await server.createDatabase(name);
  const folder = new URL(`../../../services/${owner}/migrations/`, import.meta.url);
  await migrate(folder, { ...loginTo(server, name), migrationDeadlineMs }, silentLogger);
  return { ...databaseEnvironment(server, name), APP_POSTGRES_PORT: String(port) };
}
