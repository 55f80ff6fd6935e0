/** Databases for tests: one server per test file, one migrated template, one fresh copy per test. */
import { type PostgresServer, startPostgres } from '#lab/stores/postgres.ts';
import { fixed } from '../config/live.ts';
import type { Environment } from '../config/settings.ts';
import { silentLogger } from '../logger.ts';
import { migrate } from '../migrations/runner.ts';
import type { DatabaseLogin } from '../postgres/client-config.ts';

export interface TestDatabases {
  readonly server: PostgresServer;
  /** A new database with all migrations applied; the variables that lead a service to it. */
  create(): Promise<Environment>;
  close(): Promise<void>;
}

const template = 'template_service';

/** Starts PostgreSQL and migrates the template once. */
export async function startTestDatabases(migrations: URL): Promise<TestDatabases> {
  const server = await startPostgres();
  await server.createDatabase(template);
  await migrate(migrations, { ...loginTo(server, template), migrationDeadlineMs: 10_000 }, silentLogger);
  let count = 0;
  return {
    server,
    create: async () => {
      count += 1;
      const name = `test_${count}`;
      await server.createDatabase(name, template);
      return databaseEnvironment(server, name);
    },
    close: () => server.close(),
  };
}

/** How to open a database of `server`. */
export function loginTo({ host, port, username, password }: PostgresServer, database: string): DatabaseLogin {
  return { host, port, username: fixed(username), password: fixed(password), database, sslMode: 'disable' };
}

/** The variables that lead a service to a database of `server`. */
export function databaseEnvironment(server: PostgresServer, database: string): Environment {
  return {
    APP_POSTGRES_HOST: server.host,
    APP_POSTGRES_PORT: String(server.port),
    APP_POSTGRES_DATABASE: database,
    APP_POSTGRES_USERNAME: server.username,
    APP_POSTGRES_PASSWORD: server.password,
  };
}
