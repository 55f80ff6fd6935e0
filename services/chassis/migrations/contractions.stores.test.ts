import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { startPostgres } from '#lab/stores/postgres.ts';
import { createLogger, silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { toApplicationName } from '../postgres/application-name.ts';
import { openDatabase } from '../postgres/database.ts';
import { loginTo } from '../testing/test-database.ts';
import { type MigrationSettings, migrate } from './runner.ts';
import { createSchemaCheck } from './schema-check.ts';

const server = await startPostgres();
test.after.always(() => server.close());
let count = 0;

const first = { '0001-first.sql': '-- phase: expand\ncreate table items (id int, old_name text);' };
const contraction = { '0002-drop-old-name.sql': '-- phase: contract\nalter table items drop column old_name;' };
const later = { '0003-later.sql': '-- phase: expand\nalter table items add column colour text;' };

/** A shop's database, and the files of a release that can be added to. */
async function start(t: ExecutionContext) {
  count += 1;
  const database = `contractions_${count}`;
  await server.createDatabase(database);
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const settings: MigrationSettings = { ...loginTo(server, database), migrationDeadlineMs: 10_000 };
  const url = pathToFileURL(`${folder}/`);
  return {
    settings,
    folder: url,
    add: async (files: Readonly<Record<string, string>>) => {
      for (const [name, sql] of Object.entries(files)) await writeFile(new URL(name, url), sql);
    },
    migrateAs: (version: string, logger = silentLogger) =>
      migrate(url, { ...settings, release: { service: 'product', version } }, logger),
    /** A session as a process of this name has it; resolves with what ends it. */
    connect: async (applicationName: string) => {
      const client = new pg.Client({ connectionString: server.url(database), application_name: applicationName });
      await client.connect();
      t.teardown(() => client.end().catch(() => undefined));
      return async () => {
        await client.end();
        await untilGone(database, applicationName);
      };
    },
  };
}

/** The server takes a moment to notice that a session has ended. */
async function untilGone(database: string, name: string): Promise<void> {
  const client = new pg.Client(server.url(database));
  await client.connect();
  const found = async () =>
    (await client.query('select from pg_stat_activity where application_name = $1', [name])).rowCount;
  while ((await found()) !== 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await client.end();
}

test('a contraction is put off by the release that brings it, however often, and done by the next one', async (t) => {
  const { add, migrateAs } = await start(t);
  await add(first);
  t.deepEqual(await migrateAs('1.0.0'), ['0001-first']);
  await add(contraction);
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'product', version: '1.1.0', level: 'info' }, destination);
  t.deepEqual(await migrateAs('1.1.0', logger), []);
  t.is(lines.length, 1);
  t.regex(lines[0] ?? '', /0002-drop-old-name.*the release before product 1\.1\.0 may still run.*migration put off/);
  t.deepEqual(await migrateAs('1.1.0'), []);
  t.deepEqual(await migrateAs('1.2.0'), ['0002-drop-old-name']);
  t.deepEqual(await migrateAs('1.3.0'), []);
});

test('it waits for everybody that does not know the file, and for nobody else', async (t) => {
  const { add, connect, migrateAs } = await start(t);
  await add(first);
  await migrateAs('1.0.0');
  await add(contraction);
  await migrateAs('1.1.0');
  // The release that put it off, others of this service's names, and other services are in nobody's way.
  for (const name of ['product 1.1.0', 'product outbox relay', 'products 1.0.0', 'cart 1.0.0', 'migrate'])
    await connect(name);
  for (const name of ['product 1.0.0', 'product']) {
    const end = await connect(name);
    t.deepEqual(await migrateAs('1.2.0'), [], name);
    await end();
  }
  t.deepEqual(await migrateAs('1.3.0'), ['0002-drop-old-name']);
});

test('an empty database gets everything at once, also what contracts', async (t) => {
  const { add, migrateAs, folder, settings } = await start(t);
  await add({ ...first, ...contraction, ...later });
  t.deepEqual(await migrateAs('1.1.0'), ['0001-first', '0002-drop-old-name', '0003-later']);
  t.deepEqual(await migrate(folder, settings, silentLogger), []);
});

test('what comes after a contraction does not wait for it, and the service is ready without it', async (t) => {
  const { add, migrateAs, folder, settings } = await start(t);
  const pool = { poolMax: 2, poolMin: 0, idleTimeoutMs: 1000, connectTimeoutMs: 2000, statementTimeoutMs: 2000 };
  const observers = {
    service: 'product',
    version: '1.1.0',
    logger: silentLogger,
    metrics: createMetrics('product', '1'),
  };
  const database = openDatabase({ ...settings, ...pool, readOnlyPort: 0 }, observers);
  t.teardown(() => database.close());
  const isReady = () =>
    createSchemaCheck(database, folder)
      .probe()
      .then(
        () => true,
        () => false,
      );
  await add(first);
  await migrateAs('1.0.0');
  await add(contraction);
  t.deepEqual(await migrateAs('1.1.0'), []);
  t.true(await isReady());
  await add(later);
  t.false(await isReady());
  t.deepEqual(await migrateAs('1.1.0'), ['0003-later']);
  t.true(await isReady());
  t.deepEqual(await migrateAs('1.2.0'), ['0002-drop-old-name']);
  // A release that knows neither file finds them there.
  t.deepEqual(await migrateAs('1.0.0'), []);
});

test('without a release a contraction waits', async (t) => {
  const { add, folder, migrateAs, settings } = await start(t);
  await add(first);
  await migrateAs('1.0.0');
  await add(contraction);
  await migrateAs('1.1.0');
  t.deepEqual(await migrate(folder, settings, silentLogger), []);
});

test('a version of any length or alphabet makes a name that the server keeps as it is', async (t) => {
  const { connect, add, migrateAs } = await start(t);
  const name = toApplicationName({ service: 'product', version: `größe 1 ${'x'.repeat(128)}` });
  t.is(name.length, 63);
  t.regex(name, /^product gr\?\?e\?1\?x+$/);
  await connect(name);
  await add(first);
  await migrateAs('1.0.0');
  await add(contraction);
  await migrateAs(`größe 1 ${'x'.repeat(128)}`);
  t.deepEqual(await migrateAs('2'), ['0002-drop-old-name']);
});
