import { readFile } from 'node:fs/promises';
import test from 'ava';
import pg from 'pg';
import type { Environment } from '#chassis/config/settings.ts';
import { type ServiceProcess, startProcess, untilStatus } from '#chassis/testing/service-process.ts';
import { call } from '#chassis/testing/service-under-test.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { aProduct } from './testing/factories.ts';
import { editor, startDatabases } from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

const main = new URL('./main.ts', import.meta.url);
const patient = { timeoutMs: 200_000 };

/** Memory that the process has at this moment, and has had at most, MiB. */
async function memoryOf({ child }: ServiceProcess) {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

test.serial(
  'an import of 10,000 rows needs no memory for them, and goes on after its process was killed',
  async (t) => {
    t.timeout(300_000);
    // All rows would take more than this: 24 MiB of text, and several times as much as objects.
    const environment: Environment = { ...(await databases.create()), NODE_OPTIONS: '--max-old-space-size=64' };
    const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
    await client.connect();
    t.teardown(() => client.end());
    const rows = 10_000;
    const description = 'long '.repeat(400);
    const bytes = Array.from({ length: rows }, (_, index) =>
      JSON.stringify(aProduct({ slug: `row-${index}`, description })),
    ).join('\n');

    const first = await startProcess(t, main, environment);
    await untilStatus(`${first.url}/health`, 200);
    const before = await memoryOf(first);
    const headers = { 'content-type': 'application/x-ndjson' };
    const sent = await call(`${first.url}/api/v1/imports`, 'POST', { ...editor, bytes, headers });
    t.is(sent.status, 202, sent.text);
    t.is(sent.json.rowsReceived, rows);
    const received = await memoryOf(first);
    const created = async (): Promise<number> =>
      (await client.query('select rows_created as count from import_jobs')).rows[0].count;
    await waitFor('some rows are products', async () => (await created()) >= 1000, patient);
    const working = await memoryOf(first);
    first.child.kill('SIGKILL');
    const left = rows - (await created());
    t.true(left > 0, 'killed in the middle');

    const second = await startProcess(t, main, environment);
    const begun = performance.now();
    const state = async () => (await client.query('select state from import_jobs')).rows[0].state;
    await waitFor('the import is done', async () => (await state()) === 'done', patient);
    const seconds = (performance.now() - begun) / 1000;
    const after = await memoryOf(second);
    t.log(
      `${(bytes.length / 2 ** 20).toFixed(0)} MiB; RSS ${before.now.toFixed(0)} before, peak ${received.peak.toFixed(0)} received`,
    );
    t.log(`peak ${working.peak.toFixed(0)} while working; after the restart ${after.peak.toFixed(0)} MiB`);
    t.log(`${left} rows were left; ${Math.round(left / seconds)} rows a second`);
    const { rows: counts } = await client.query(`
    select rows_created, rows_updated, rows_failed, (select count(*)::int from products) as products,
      (select count(*)::int from variants) as variants, (select count(distinct key)::int from outbox) as keys,
      (select count(*)::int from outbox) as events
    from import_jobs`);
    t.deepEqual(counts, [
      { rows_created: rows, rows_updated: 0, rows_failed: 0, products: rows, variants: rows, keys: rows, events: rows },
    ]);
  },
);

test.serial('an export is sent as it is read', async (t) => {
  const environment: Environment = { ...(await databases.create()), NODE_OPTIONS: '--max-old-space-size=64' };
  const client = new pg.Client(databases.server.url(environment['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  await client.query(`
    with p as (insert into products (id, slug, title, description)
        select gen_random_uuid(), 'p' || n, 'P', repeat('long ', 1500) from generate_series(1, 20000) n returning id),
      v as (insert into variants (id, product_id, sku) select id, id, 'S' || row_number() over () from p returning id)
    insert into prices (variant_id, currency, amount_minor) select id, 'EUR', 100 from v`);
  const process = await startProcess(t, main, environment);
  const before = await memoryOf(process);
  const answer = await call(`${process.url}/api/v1/exports`, 'GET', editor);
  t.is(answer.status, 200);
  t.is(answer.text.split('\n').length, 20_001);
  const { peak } = await memoryOf(process);
  t.log(
    `${(answer.text.length / 2 ** 20).toFixed(0)} MiB; RSS ${before.now.toFixed(0)} before, ${peak.toFixed(0)} MiB at most`,
  );
});
