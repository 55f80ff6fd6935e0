import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import pg from 'pg';
import { runProcess, startProcess, untilStatus } from '#chassis/testing/service-process.ts';
import { databaseEnvironment } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { type PostgresServer, startPostgres } from '#lab/stores/postgres.ts';

const product = new URL('./main.ts', import.meta.url);

async function isConnected(server: PostgresServer, name: string): Promise<boolean> {
  const client = new pg.Client(server.url('product_db'));
  await client.connect();
  const { rowCount } = await client.query('select from pg_stat_activity where application_name = $1', [name]);
  await client.end();
  return rowCount !== 0;
}

test('a process is not ready before its migrations, follows the database’s fate, and ends cleanly under load', async (t) => {
  const server = await startPostgres();
  t.teardown(() => server.close());
  await server.createDatabase('product_db');
  // Long enough that a busy machine sees the lost readiness before the listener closes.
  const environment = {
    ...databaseEnvironment(server, 'product_db'),
    APP_SHUTDOWN_DELAY_MS: '3000',
    APP_VERSION: '1.4.0',
  };
  const { child, url } = await startProcess(t, product, environment);

  t.is((await fetch(`${url}/health`)).status, 503);
  t.is(await runProcess(product, environment, 'migrate'), 0);
  t.is(await runProcess(product, environment, 'seed'), 0);
  t.is(await runProcess(product, environment, 'seed'), 0);
  await untilStatus(`${url}/health`, 200);
  t.true(await isConnected(server, 'product 1.4.0'), 'a migration must see which releases run');
  const page = (await (await fetch(`${url}/api/v1/products?count=exact&limit=1`)).json()) as { totalCount: number }; // described so
  t.true(page.totalCount >= 1000);

  await server.stop();
  t.log(`database stopped: 503 after ${await untilStatus(`${url}/health`, 503)} ms`);
  const failed = await fetch(`${url}/api/v1/products`);
  t.is(failed.status, 503);
  t.is(failed.headers.get('content-type'), 'application/problem+json');
  await failed.text();
  await server.start();
  t.log(`database started: 200 after ${await untilStatus(`${url}/health`, 200)} ms`);

  const statuses: number[] = [];
  let isStopping = false;
  const caller = async (): Promise<void> => {
    while (!isStopping) {
      const answer = await fetch(`${url}/api/v1/products?limit=5`);
      await answer.text();
      statuses.push(answer.status);
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  await waitFor('every caller has been answered', () => Promise.resolve(statuses.length >= 8), { timeoutMs: 20_000 });
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  // As an endpoint controller would: nobody is sent here once the readiness is gone.
  await untilStatus(`${url}/health`, 503);
  isStopping = true;
  await Promise.all(callers);
  t.deepEqual(await exited, [0, null]);
  t.true(statuses.length > 0 && statuses.every((status) => status === 200));
});

test('a process without its environment says all that is missing and ends with 2', async (t) => {
  const child = spawn(process.execPath, [product.pathname], {
    env: { APP_POSTGRES_PORTS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  t.deepEqual(await once(child, 'exit'), [2, null]);
  for (const part of ['APP_POSTGRES_HOST is not set', 'APP_INTERNAL_KEY is not set', 'did you mean APP_POSTGRES_PORT?'])
    t.true(text.includes(part), part);
});
