/**
 * When a migration of the phase `contract` may run: one release after the one that brought it, and only while nobody is
 * connected that does not know it.
 */
import type pg from 'pg';
import { type Release, toApplicationName } from '../postgres/application-name.ts';
import type { Migration } from './files.ts';

/** Who has seen a file and left it for later. Older releases do not know the table, and nothing of theirs is in its way. */
const table = `create table if not exists schema_migrations_put_off (
  version integer not null,
  release text not null,
  put_off_at timestamptz not null default now(),
  constraint schema_migrations_put_off__primary_key primary key (version, release)
)`;

/**
 * Why `migration` must wait, or nothing when it may run. That it waited is noted, so that the next release knows. Without a
 * release it is not known who comes next, and it always waits.
 */
export async function findReasonToWait(
  client: pg.Client,
  migration: Migration,
  release: Release | undefined,
): Promise<string | undefined> {
  if (release === undefined) return 'it is not known which release this is';
  await client.query(table);
  const { rows } = await client.query<{ release: string }>(
    'select release from schema_migrations_put_off where version = $1',
    [migration.version],
  );
  const own = toApplicationName(release);
  const knowing = rows.map((row) => row.release);
  const reason = knowing.some((name) => name !== own)
    ? await findUnknowing(client, release, [...knowing, own])
    : `the release before ${own} may still run; the next one applies it`;
  if (reason !== undefined) await noteWaiting(client, migration, own);
  return reason;
}

/**
 * A service's sessions are its name and a version; before versions were told they were its name alone. Others of its names,
 * such as that of the relay, belong to processes that have such sessions as well: probes keep them.
 */
async function findUnknowing(
  client: pg.Client,
  { service }: Release,
  knowing: readonly string[],
): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct application_name as name from pg_stat_activity
      where datname = current_database()
        and (application_name = $1 or (split_part(application_name, ' ', 1) = $1 and split_part(application_name, ' ', 3) = ''))
        and application_name <> all ($2) order by 1`,
    [service, knowing],
  );
  return rows.length === 0 ? undefined : `${rows.map(({ name }) => name).join(', ')} still connected`;
}

async function noteWaiting(client: pg.Client, migration: Migration, release: string): Promise<void> {
  await client.query(
    'insert into schema_migrations_put_off (version, release) values ($1, $2) on conflict do nothing',
    [migration.version, release],
  );
}
