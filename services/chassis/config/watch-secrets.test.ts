import test from 'ava';
import { Registry } from 'prom-client';
import { waitFor } from '#lab/control-plane/wait.ts';
import { mintInternalIdentity } from '../identity/internal-identity.ts';
import { createLogger } from '../logger.ts';
import { sampleService } from '../testing/sample-service.ts';
import { makeSecretFolder } from '../testing/secret-folder.ts';
import { startUnderTest, testInternalKey } from '../testing/service-under-test.ts';
import { watchSecrets } from './watch-secrets.ts';

const [first, second] = ['first-internal-key-of-36-characters!', 'second-internal-key-of-36-characters'];
const patient = { timeoutMs: 20_000, intervalMs: 10 };
const quick = { APP_INTERNAL_KEY: '', APP_SECRETS_POLL_MS: '20' };

test('internal keys are changed under a running service: first it knows both, then the old one is gone', async (t) => {
  const folder = await makeSecretFolder(t, { APP_INTERNAL_KEY: first });
  const service = await startUnderTest(t, sampleService(), { ...quick, APP_SECRETS_DIR: folder.path });
  const old = tokenOf(first);
  const statusWith = async (token: string) =>
    (await service.call('GET', '/members', { headers: { 'x-internal-identity': token } })).status;
  const changes = () => service.logs.filter(({ msg }) => msg === 'changed settings are in force').length;
  t.deepEqual([await statusWith(old), await statusWith(tokenOf(second))], [200, 401]);
  await folder.replace({ APP_INTERNAL_KEY: `${first},${second}` });
  await waitFor('both are known', async () => (await statusWith(tokenOf(second))) === 200, patient);
  t.is(await statusWith(old), 200);
  await folder.replace({ APP_INTERNAL_KEY: second });
  await waitFor('the old one is gone', async () => changes() === 2, patient);
  t.deepEqual(
    [await statusWith(old), await statusWith(tokenOf(second))],
    [401, 200],
    'also one that was verified before',
  );
  const said = JSON.stringify(service.logs);
  t.true(said.includes('"variables":["APP_INTERNAL_KEY"]'));
  t.false(said.includes(first) || said.includes(second), 'names only');
});

function tokenOf(key: string): string {
  return mintInternalIdentity({ subject: 'somebody', roles: ['customer'] }, [key], Date.now());
}

test('a key that is no good is refused, told and counted; the one before goes on', async (t) => {
  const folder = await makeSecretFolder(t, { APP_INTERNAL_KEY: testInternalKey });
  const service = await startUnderTest(t, sampleService(), { ...quick, APP_SECRETS_DIR: folder.path });
  await folder.replace({ APP_INTERNAL_KEY: 'much-too-short' });
  const refusal = await waitFor('it is told', async () => service.logs.find(({ level }) => level === 'error'), patient);
  t.deepEqual(refusal['faults'], [
    `APP_INTERNAL_KEY (file ${folder.path}/APP_INTERNAL_KEY, value hidden): each key must have at least 32 characters`,
  ]);
  t.is((await service.call('GET', '/members', { roles: ['customer'] })).status, 200);
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  t.regex(metrics, /^secrets_reloads_total\{outcome="refused".*\} 1$/m);
  t.regex(metrics, /^secrets_reloads_total\{outcome="applied".*\} 0$/m);
  t.false(JSON.stringify(service.logs).includes('much-too-short'));
});

test('without files nothing is watched', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  t.false((await (await fetch(`${service.adminUrl}/metrics`)).text()).includes('secrets_reloads_total'));
});

test('a look that fails is told, and the next one makes up for it', async (t) => {
  const lines: string[] = [];
  const logger = createLogger(
    { service: 's', version: '1', level: 'info' },
    { write: (line) => void lines.push(line) },
  );
  let looks = 0;
  const reload = () => {
    looks += 1;
    if (looks === 1) throw new Error('gone');
    return { applied: [], waiting: ['APP_REDIS_PASSWORD'], faults: [] };
  };
  const watch = watchSecrets({ reload, periodMs: 10, logger, registry: new Registry() });
  await watch.start();
  t.teardown(() => watch.stop());
  await waitFor('it looks again', async () => looks >= 2, patient);
  await watch.stop();
  const ended = looks;
  t.true(lines.some((line) => line.includes('changed settings wait for the next start')));
  t.true(lines.some((line) => line.includes('recurring work failed')));
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.is(looks, ended);
});
