import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { runProcess, startProcess, untilStatus } from '#chassis/testing/service-process.ts';
import { databaseEnvironment } from '#chassis/testing/test-database.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { testPersonalDataKey, testSigningKey } from './testing/user-under-test.ts';

const user = new URL('./main.ts', import.meta.url);

test('a process follows the fate of its database, ends running sign-ins and stops cleanly', async (t) => {
  const server = await startPostgres();
  t.teardown(() => server.close());
  await server.createDatabase('user_db');
  const environment = {
    ...databaseEnvironment(server, 'user_db'),
    APP_IDENTITY_SIGNING_KEYS: testSigningKey,
    APP_PERSONAL_DATA_KEYS: testPersonalDataKey,
    APP_EMAIL_VERIFICATION: 'off',
    APP_SHUTDOWN_DELAY_MS: '1000',
  };
  const { child, url } = await startProcess(t, user, environment);
  t.is((await fetch(`${url}/health`)).status, 503);
  t.is(await runProcess(user, databaseEnvironment(server, 'user_db'), 'migrate'), 0);
  await untilStatus(`${url}/health`, 200);

  const post = (path: string, body: unknown) =>
    fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const credentials = { email: 'ada@example.org', password: 'correct horse battery staple' };
  t.is((await post('/users', credentials)).status, 202);
  t.is((await post('/auth/login', credentials)).status, 200);

  await server.stop();
  t.log(`database stopped: 503 after ${await untilStatus(`${url}/health`, 503)} ms`);
  const failed = await post('/auth/login', credentials);
  t.is(failed.status, 503);
  t.is(failed.headers.get('content-type'), 'application/problem+json');
  const keys = await fetch(`${url}/.well-known/jwks.json`);
  t.is(keys.status, 200, 'tokens can be verified without the database');
  await server.start();
  t.log(`database started: 200 after ${await untilStatus(`${url}/health`, 200)} ms`);

  const running = Array.from({ length: 4 }, () => post('/auth/login', credentials));
  // The first has its answer, so the others are inside.
  t.is((await Promise.race(running)).status, 200);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  for (const answer of await Promise.all(running)) t.is(answer.status, 200);
  t.deepEqual(await exited, [0, null]);
});

test('a process without its environment says all that is missing and ends with 2', async (t) => {
  const child = spawn(process.execPath, [user.pathname], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  t.deepEqual(await once(child, 'exit'), [2, null]);
  for (const part of [
    'APP_POSTGRES_HOST is not set',
    'APP_INTERNAL_KEY is not set',
    'APP_IDENTITY_SIGNING_KEYS is not set',
    'APP_PERSONAL_DATA_KEYS is not set',
  ])
    t.true(text.includes(part), part);
});
