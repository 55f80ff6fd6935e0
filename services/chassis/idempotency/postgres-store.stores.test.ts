import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { postgresSettings } from '../config/base.ts';
import { loadSettings } from '../config/settings.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { openDatabase } from '../postgres/database.ts';
import { startTestDatabases } from '../testing/test-database.ts';
import { createPostgresIdempotencyStore } from './postgres-store.ts';
import type { IdempotencyClaim } from './store.ts';

/** The table as services make it. */
const table = await readFile(new URL('../../inventory/migrations/0006-idempotency-keys.sql', import.meta.url), 'utf8');
const databases = await startTestDatabases(new URL('../testing/migrations/', import.meta.url));
test.after.always(() => databases.close());

const request = { scope: 'createOrder customer', key: 'key-1', fingerprint: 'of the body' };

async function start(t: ExecutionContext) {
  const environment = await databases.create();
  const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  await client.query(table);
  const { postgres } = loadSettings({ postgres: postgresSettings }, environment);
  const observers = { service: 'test', logger: silentLogger, metrics: createMetrics('test', 'test') };
  const database = openDatabase(postgres, observers);
  t.teardown(() => database.close());
  return {
    store: createPostgresIdempotencyStore(database),
    /** As if the owners of all claims had died as long ago. */
    age: (seconds: number) =>
      client.query('update idempotency_keys set locked_until = locked_until - make_interval(secs => $1)', [seconds]),
  };
}

function tokenOf(t: ExecutionContext, claim: IdempotencyClaim | undefined): string {
  return claim?.state === 'claimed' ? claim.token : t.fail(`${claim?.state} instead of claimed`);
}

test('a retry takes over from an owner that died; its reply stays, whatever the first owner says later', async (t) => {
  const { store, age } = await start(t);
  const first = tokenOf(t, await store.claim(request));
  t.deepEqual(await store.claim(request), { state: 'running' });
  await age(59);
  t.deepEqual(await store.claim(request), { state: 'running' }, 'a request may take so long');
  await age(2);

  const retries = await Promise.all(Array.from({ length: 8 }, () => store.claim(request)));
  const taken = retries.filter(({ state }) => state === 'claimed');
  t.is(taken.length, 1, 'one carries it out, however many ask');
  t.is(retries.filter(({ state }) => state === 'running').length, 7);
  const second = tokenOf(t, taken[0]);

  await store.complete(request, first, { status: 500, json: '"late"' });
  await store.release(request, first);
  t.deepEqual(await store.claim(request), { state: 'running' }, 'the late one has changed nothing');
  await store.complete(request, second, { status: 201, json: '"done"', headers: { location: '/orders/1' } });
  await store.complete(request, first, { status: 500, json: '"late"' });
  await store.release(request, first);
  t.deepEqual(await store.claim(request), {
    state: 'completed',
    reply: { status: 201, json: '"done"', headers: { location: '/orders/1' } },
  });
});

test('a reply that was stored is never taken over, however old its claim is', async (t) => {
  const { store, age } = await start(t);
  const token = tokenOf(t, await store.claim(request));
  await store.complete(request, token, { status: 204 });
  await age(100_000);
  t.like(await store.claim(request), { state: 'completed' });
  t.deepEqual(await store.claim({ ...request, fingerprint: 'of another body' }), { state: 'reused' });
});
