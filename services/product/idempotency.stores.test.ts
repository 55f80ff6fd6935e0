import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { loadSettings } from '#chassis/config/settings.ts';
import { createPostgresIdempotencyStore } from '#chassis/idempotency/postgres-store.ts';
import { createIdempotencyPurge } from '#chassis/idempotency/purge.ts';
import type { IdempotencyStore } from '#chassis/idempotency/store.ts';
import { silentLogger } from '#chassis/logger.ts';
import { createMetrics, type Metrics } from '#chassis/metrics.ts';
import { openDatabase } from '#chassis/postgres/database.ts';
import type { PurgePace } from '#chassis/purge.ts';
import { startUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { productService } from './service.ts';
import { productSettings } from './settings.ts';
import { aProduct } from './testing/factories.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

interface Rig {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** One of several connections of the test itself. */
  connect(): Promise<pg.Client>;
  readonly client: pg.Client;
  /** A replica's store and metrics. */
  replica(): { readonly store: IdempotencyStore; readonly metrics: Metrics };
}

async function start(t: ExecutionContext): Promise<Rig> {
  const environment = await databases.create();
  const connect = async () => {
    const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
    await client.connect();
    t.teardown(() => client.end());
    return client;
  };
  return {
    environment,
    connect,
    client: await connect(),
    replica: () => {
      const { postgres } = loadSettings({ postgres: productSettings.postgres }, environment);
      const metrics = createMetrics('test', 'test');
      const database = openDatabase(postgres, { service: 'test', logger: silentLogger, metrics });
      t.teardown(() => database.close());
      return { store: createPostgresIdempotencyStore(database), metrics };
    },
  };
}

/** Completed keys of that age, and as many claims of somebody who died. */
async function addKeys(client: pg.Client, prefix: string, count: number, hours: number): Promise<void> {
  await client.query(
    `insert into idempotency_keys (scope, key, fingerprint, token, status, locked_until, created_at)
     select 'test', $1 || n, '', gen_random_uuid(), case when n % 2 = 0 then 201 end,
       case when n % 2 = 1 then now() - make_interval(hours => $3) end, now() - make_interval(hours => $3)
     from generate_series(1, $2::int) as n`,
    [prefix, count, hours],
  );
}

async function countKeys(client: pg.Client, prefix: string): Promise<number> {
  const { rows } = await client.query('select count(*)::int from idempotency_keys where starts_with(key, $1)', [
    prefix,
  ]);
  return rows[0].count;
}

async function readCounter({ registry }: Metrics, name: string): Promise<number> {
  return (await registry.getSingleMetric(name)?.get())?.values[0]?.value ?? Number.NaN;
}

const quick: PurgePace = { batchSize: 50, periodMs: 20, pauseMs: 1 };
const purgedTotal = 'idempotency_keys_purged_total';

test('replicas remove expired keys together, each key once, and keep the others', async (t) => {
  const { client, replica } = await start(t);
  await addKeys(client, 'old-', 1010, 25);
  await addKeys(client, 'young-', 30, 23);
  const replicas = [replica(), replica(), replica()];
  const workers = replicas.map(({ store, metrics }) =>
    createIdempotencyPurge(store, { logger: silentLogger, metrics }, quick),
  );
  for (const worker of workers) await worker.start();
  await waitFor('the expired keys are gone', async () => (await countKeys(client, 'old-')) === 0, {
    timeoutMs: 20_000,
  });
  await Promise.all(workers.map((worker) => worker.stop()));
  t.is(await countKeys(client, 'young-'), 30);
  const shares = await Promise.all(replicas.map(({ metrics }) => readCounter(metrics, purgedTotal)));
  t.is(
    shares.reduce((sum, share) => sum + share, 0),
    1010,
  );
  t.log(`shares ${shares.join(', ')}`);
  await addKeys(client, 'late-', 10, 25);
  t.is((await Promise.all(workers.map((worker) => worker.stop()))).length, 3);
  t.is(await countKeys(client, 'late-'), 10, 'a stopped worker removes nothing');
});

test('one batch removes what it may, the oldest first, and waits for no lock', async (t) => {
  const { client, connect, replica } = await start(t);
  const { store } = replica();
  await addKeys(client, 'older-', 10, 48);
  await addKeys(client, 'old-', 10, 25);
  await client.query(`begin; select from idempotency_keys where key = 'older-1' for update`);
  const other = await connect();
  t.is(await store.purge(12), 12);
  t.deepEqual([await countKeys(other, 'older-'), await countKeys(other, 'old-')], [1, 7]);
  await client.query('rollback');
  t.is(await store.purge(100), 8);
  t.is(await store.purge(100), 0);
});

test('a look finds the expired keys by their age, not by reading all', async (t) => {
  const { client } = await start(t);
  await addKeys(client, 'young-', 20_000, 1);
  await client.query('analyze idempotency_keys');
  const { rows } = await client.query(
    `explain select ctid from idempotency_keys where created_at < now() - make_interval(hours => 24)
     order by created_at limit 1000 for update skip locked`,
  );
  t.regex(JSON.stringify(rows), /Index Scan using idempotency_keys__age/);
});

test('a failed look is counted, and the next one makes up for it', async (t) => {
  const { client, replica } = await start(t);
  await addKeys(client, 'old-', 10, 25);
  await client.query('alter table idempotency_keys rename to elsewhere');
  const { store, metrics } = replica();
  const worker = createIdempotencyPurge(store, { logger: silentLogger, metrics }, quick);
  await worker.start();
  t.teardown(() => worker.stop());
  const failed = async () => (await readCounter(metrics, 'idempotency_purge_failures_total')) > 0;
  await waitFor('a look has failed', failed, { timeoutMs: 20_000 });
  await client.query('alter table elsewhere rename to idempotency_keys');
  await waitFor('the keys are gone', async () => (await readCounter(metrics, purgedTotal)) === 10, {
    timeoutMs: 20_000,
  });
  t.is(await countKeys(client, 'old-'), 0);
});

test('the service purges by itself, and an expired key that is still there counts as unused', async (t) => {
  const { environment, client } = await start(t);
  const service = await startUnderTest(t, productService, environment);
  t.regex(await (await fetch(`${service.adminUrl}/metrics`)).text(), /idempotency_keys_purged_total\{[^}]*\} 0/);
  const post = () =>
    service.call('POST', '/api/v1/products', {
      roles: ['admin'],
      body: aProduct(),
      headers: { 'idempotency-key': 'again' },
    });
  t.is((await post()).status, 201);
  t.is((await post()).json.code, 'idempotency-key-reused');
  await client.query(`update idempotency_keys set created_at = now() - interval '23 hours 59 minutes'`);
  t.is((await post()).json.code, 'idempotency-key-reused');
  await client.query(`update idempotency_keys set created_at = now() - interval '24 hours 1 second'`);
  const second = await post();
  t.is(second.status, 201);
  t.is(second.headers.get('idempotent-replayed'), null);
  t.is((await post()).json.code, 'idempotency-key-reused');
});
