import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { runProcess, startProcess, untilStatus } from '#chassis/testing/service-process.ts';
import { databaseEnvironment } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';

const cart = new URL('./main.ts', import.meta.url);

test('a process follows the fate of its Redis, ends running requests and stops cleanly', async (t) => {
  const [server, redis] = await Promise.all([startPostgres(), startRedisCluster()]);
  t.teardown(() => Promise.all([server.close(), redis.close()]));
  await server.createDatabase('cart_db');
  const environment = {
    ...databaseEnvironment(server, 'cart_db'),
    APP_REDIS_NODES: redis.nodeList,
    APP_REDIS_PASSWORD: redis.password,
    APP_UPSTREAM_PRODUCT: 'http://127.0.0.1:9',
    // Long enough that a busy machine sees the lost readiness before the listener closes.
    APP_SHUTDOWN_DELAY_MS: '3000',
  };
  const { child, url } = await startProcess(t, cart, environment);
  t.is((await fetch(`${url}/health`)).status, 503);
  t.is(await runProcess(cart, databaseEnvironment(server, 'cart_db'), 'migrate'), 0);
  await untilStatus(`${url}/health`, 200);
  const begin = () =>
    fetch(`${url}/api/v1/carts`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
  t.is((await begin()).status, 201);

  await Promise.all(redis.nodes.map((node) => node.stop('kill')));
  t.log(`redis stopped: 503 after ${await untilStatus(`${url}/health`, 503)} ms`);
  const failed = await begin();
  t.is(failed.status, 503);
  t.is(failed.headers.get('content-type'), 'application/problem+json');
  t.is(failed.headers.get('retry-after'), '1');
  await failed.text();
  await Promise.all(redis.nodes.map((node) => node.start()));
  t.log(`redis started: 200 after ${await untilStatus(`${url}/health`, 200)} ms`);
  await waitFor(
    'every slot answers',
    async () => (await Promise.all(Array.from({ length: 20 }, begin))).every(({ status }) => status === 201),
    { timeoutMs: 60_000 },
  );

  const statuses: number[] = [];
  let isStopping = false;
  const caller = async (): Promise<void> => {
    while (!isStopping) {
      const answer = await begin();
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
  t.true(statuses.every((status) => status === 201));
});

test('a process without its environment says all that is missing and ends with 2', async (t) => {
  const env = { APP_SHIPPING_FEES: 'EUR:4.90', APP_UPSTREAM_PRODUCTS: 'x' };
  const child = spawn(process.execPath, [cart.pathname], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  t.deepEqual(await once(child, 'exit'), [2, null]);
  for (const part of [
    'APP_POSTGRES_HOST is not set',
    'APP_REDIS_NODES is not set',
    'APP_INTERNAL_KEY is not set',
    'APP_UPSTREAM_PRODUCT is not set',
    'did you mean APP_UPSTREAM_PRODUCT?',
    'must be CURRENCY:minor units',
  ])
    t.true(text.includes(part), part);
});
