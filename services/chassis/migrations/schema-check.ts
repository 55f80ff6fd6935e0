/** Keeps a process out of service until its database has the schema that the code was written for. */
import type { Check } from '../health.ts';
import type { Database } from '../postgres/database.ts';
import { codeOf } from '../postgres/errors.ts';
import { sql } from '../postgres/statement.ts';
import { readMigrations } from './files.ts';

const newestVersion = sql('newest_migration', 'select coalesce(max(version), 0) as version from schema_migrations');
const undefinedTable = '42P01';

/**
 * Fails with "run migrate first" until the newest migration in `folder` is applied; then it never asks again. What only
 * contracts is not waited for: it runs a release later, and no code needs it.
 */
export function createSchemaCheck(database: Database, folder: URL): Check {
  let isDone = false;
  return {
    name: 'schema',
    isRequired: true,
    probe: async () => {
      if (isDone) return;
      const needed = (await readMigrations(folder)).filter(({ phase }) => phase !== 'contract');
      const wanted = needed.at(-1)?.version ?? 0;
      const present = await readVersion(database);
      if (present < wanted)
        throw new Error(`the database has migration ${present} of ${wanted}: run the command migrate first`);
      isDone = true;
    },
  };
}

async function readVersion(database: Database): Promise<number> {
  try {
    const [row] = await database.primary.rows<{ version: number }>(newestVersion);
    return row?.version ?? 0;
  } catch (error) {
    if (codeOf(error) === undefinedTable) return 0;
    throw error;
  }
}
