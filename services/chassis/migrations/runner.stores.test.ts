import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { startPostgres } from '#lab/stores/postgres.ts';
import { createLogger, silentLogger } from '../logger.ts';
import { loginTo } from '../testing/test-database.ts';
import { type MigrationSettings, migrate } from './runner.ts';

const server = await startPostgres();
test.after.always(() => server.close());
let count = 0;

async function aDatabase(): Promise<MigrationSettings> {
  count += 1;
  const database = `migrations_${count}`;
  await server.createDatabase(database);
  return { ...loginTo(server, database), migrationDeadlineMs: 10_000 };
}

async function aFolder(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await write(pathToFileURL(`${folder}/`), files);
  return pathToFileURL(`${folder}/`);
}

async function write(folder: URL, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, sql] of Object.entries(files)) {
    const text = sql.startsWith('-- phase: ') ? sql : `-- phase: expand\n${sql}`;
    await writeFile(new URL(name, folder), `${text}\n`);
  }
}

async function query(settings: MigrationSettings, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client(server.url(settings.database));
  await client.connect();
  return client.query({ text: sql, rowMode: 'array' }).then(
    ({ rows }) => client.end().then(() => rows.flat() as readonly unknown[]), // one column is asked for
    (error: unknown) => client.end().then(() => Promise.reject(error as Error)), // pg rejects with errors
  );
}

const first = { '0001-first.sql': 'create table items (id int); insert into items values (1);' };
const second = { '0002-second.sql': 'alter table items add column name text;' };

test('migrations run once, in order, and later ones follow', async (t) => {
  const settings = await aDatabase();
  const folder = await aFolder(t, first);
  t.deepEqual(await migrate(folder, settings, silentLogger), ['0001-first']);
  t.deepEqual(await migrate(folder, settings, silentLogger), []);
  await write(folder, second);
  t.deepEqual(await migrate(folder, settings, silentLogger), ['0002-second']);
  t.deepEqual(await query(settings, 'select id from items'), [1]);
});

test('of several processes at once each migration is applied by one', async (t) => {
  const settings = await aDatabase();
  const folder = await aFolder(t, { ...first, ...second });
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(folder, settings, silentLogger)));
  t.deepEqual(applied.flat().toSorted(), ['0001-first', '0002-second']);
  t.deepEqual(await query(settings, 'select id from items'), [1]);
});

test('a failed migration leaves nothing behind and its number is tried again', async (t) => {
  const settings = await aDatabase();
  const folder = await aFolder(t, { ...first, '0002-second.sql': 'create table half (); select 1 / 0;' });
  await t.throwsAsync(migrate(folder, settings, silentLogger), { message: 'migration 0002-second failed' });
  t.deepEqual(await query(settings, 'select version from schema_migrations'), [1]);
  t.deepEqual(await query(settings, "select to_regclass('half')"), [null]);
  await write(folder, second);
  t.deepEqual(await migrate(folder, settings, silentLogger), ['0002-second']);
});

test('a changed file that was applied is refused by name', async (t) => {
  const settings = await aDatabase();
  const folder = await aFolder(t, first);
  await migrate(folder, settings, silentLogger);
  await write(folder, { '0001-first.sql': 'create table other ();' });
  await t.throwsAsync(migrate(folder, settings, silentLogger), { message: /0001-first was applied and then changed/ });
});

test('an older release accepts a newer database', async (t) => {
  const settings = await aDatabase();
  await migrate(await aFolder(t, { ...first, ...second }), settings, silentLogger);
  t.deepEqual(await migrate(await aFolder(t, first), settings, silentLogger), []);
});

test('an index is built beside other processes that wait for their turn', async (t) => {
  const settings = await aDatabase();
  const concurrently = '-- transaction: none\ncreate index concurrently if not exists items_id on items (id);';
  const folder = await aFolder(t, { ...first, '0002-index.sql': concurrently });
  const applied = await Promise.all(Array.from({ length: 3 }, () => migrate(folder, settings, silentLogger)));
  t.deepEqual(applied.flat().toSorted(), ['0001-first', '0002-index']);
});

test('a locked table is waited for, a few seconds at a time', async (t) => {
  const settings = await aDatabase();
  const folder = await aFolder(t, first);
  await migrate(folder, settings, silentLogger);
  await write(folder, second);
  const holder = new pg.Client(server.url(settings.database));
  await holder.connect();
  await holder.query('begin; lock table items;');
  const lines: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const destination = {
    write: (line: string) => {
      lines.push(line);
      if (line.includes('waiting to migrate')) waiting.resolve();
    },
  };
  const running = migrate(folder, settings, createLogger({ service: 'x', version: '1', level: 'info' }, destination));
  await waiting.promise;
  await holder.end();
  t.deepEqual(await running, ['0002-second']);
  t.regex(lines.join(''), /lock timeout/);
});

test('a database that is down is waited for until the deadline', async (t) => {
  const own = await startPostgres();
  t.teardown(() => own.close());
  await own.createDatabase('late');
  await own.stop();
  const settings: MigrationSettings = { ...loginTo(own, 'late'), migrationDeadlineMs: 15_000 };
  const folder = await aFolder(t, first);
  const running = migrate(folder, settings, silentLogger);
  await t.throwsAsync(migrate(folder, { ...settings, migrationDeadlineMs: 300 }, silentLogger), {
    message: /within 300 ms/,
  });
  await own.start();
  t.deepEqual(await running, ['0001-first']);
});

test('a statement that would hold up the old release is given up; what may take long has no limit', async (t) => {
  const settings = { ...(await aDatabase()), expandTimeoutMs: 200 };
  const role = new pg.Client(server.url(settings.database));
  await role.connect();
  t.teardown(() => role.end());
  await role.query(`alter database ${settings.database} set statement_timeout = 300`);
  const slow = 'do $$ begin perform pg_sleep(0.6); end $$;';
  const folder = await aFolder(t, {
    '0001-moves.sql': `-- phase: migrate\n${slow}`,
    '0002-index.sql': `-- phase: expand\n-- transaction: none\n${slow}`,
    '0003-contract.sql': `-- phase: contract\n${slow}`,
    '0004-column.sql': `-- phase: expand\ncreate table added ();\n${slow}`,
  });
  const error = await t.throwsAsync(migrate(folder, settings, silentLogger), {
    message: /0004-column failed: a statement took longer than 200 ms; .* phase migrate/,
  });
  t.like(error?.cause, { code: '57014' });
  const { rows } = await role.query(`select to_regclass('added') as added, count(*)::int from schema_migrations`);
  t.deepEqual(rows, [{ added: null, count: 3 }]);
});
