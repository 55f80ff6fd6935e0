import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import test from 'ava';
import { runProcess, startProcess, untilStatus } from '#chassis/testing/service-process.ts';
import { call } from '#chassis/testing/service-under-test.ts';
import { databaseEnvironment } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { expect, keeper, mainWarehouse, order } from './testing/inventory-under-test.ts';

const inventory = new URL('./main.ts', import.meta.url);

test('a process follows the fate of its database, sweeps by itself, and ends running reservations before it stops', async (t) => {
  const server = await startPostgres();
  t.teardown(() => server.close());
  await server.createDatabase('inventory_db');
  const environment = { ...databaseEnvironment(server, 'inventory_db'), APP_SHUTDOWN_DELAY_MS: '1000' };
  const { child, url } = await startProcess(t, inventory, environment);
  t.is((await fetch(`${url}/health`)).status, 503);
  t.is(await runProcess(inventory, databaseEnvironment(server, 'inventory_db'), 'migrate'), 0);
  await untilStatus(`${url}/health`, 200);

  const lines = [{ sku: 'a', warehouseId: mainWarehouse, delta: 50 }];
  const delivery = { reference: 'delivery', reason: 'received', lines };
  const adjust = () => call(`${url}/api/v1/stock/adjustments`, 'POST', { ...keeper, body: delivery });
  const reserve = (quantity: number, ttlSeconds = 900) =>
    call(`${url}/api/v1/reservations`, 'POST', {
      ...order,
      body: { orderId: randomUUID(), lines: [{ sku: 'a', quantity }], ttlSeconds },
    });
  expect(await adjust(), 201);
  const brief = expect(await reserve(50, 1), 201).json;
  const level = async () =>
    (await call(`${url}/api/v1/stock/levels/${mainWarehouse}/a`, 'GET', keeper)).json as { readonly reserved: number };
  await waitFor('it is swept', async () => (await level()).reserved === 0, { timeoutMs: 60_000 });
  t.is((await call(`${url}/api/v1/reservations/${brief.id}`, 'GET', order)).json.status, 'expired');

  await server.stop();
  t.log(`database stopped: 503 after ${await untilStatus(`${url}/health`, 503)} ms`);
  const failed = await reserve(1);
  t.is(failed.status, 503);
  t.is(failed.headers.get('content-type'), 'application/problem+json');
  await server.start();
  t.log(`database started: 200 after ${await untilStatus(`${url}/health`, 200)} ms`);
  expect(await adjust(), 200);

  const running = Array.from({ length: 32 }, () => reserve(1));
  // The first has its answer, so the others are inside.
  t.is((await Promise.race(running)).status, 201);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  for (const answer of await Promise.all(running)) t.is(answer.status, 201);
  t.deepEqual(await exited, [0, null]);
});

test('a process without its environment says all that is missing and ends with 2', async (t) => {
  const child = spawn(process.execPath, [inventory.pathname], {
    env: { APP_STOCK_STRATEGY: 'nearest' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  t.deepEqual(await once(child, 'exit'), [2, null]);
  for (const part of [
    'APP_POSTGRES_HOST is not set',
    'APP_INTERNAL_KEY is not set',
    'must be one of priority, most-stock',
  ])
    t.true(text.includes(part), part);
});
