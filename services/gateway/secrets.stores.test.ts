import { generateKeyPairSync, randomBytes } from 'node:crypto';
import test from 'ava';
import { mintInternalIdentity } from '#chassis/identity/internal-identity.ts';
import { makeSecretFolder } from '#chassis/testing/secret-folder.ts';
import { startProcess } from '#chassis/testing/service-process.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startGateway } from './testing/gateway-under-test.ts';

const databases = await startTestDatabases(new URL('../user/migrations/', import.meta.url));
test.after.always(() => databases.close());

const patient = { timeoutMs: 30_000 };
const credentials = { email: 'ada@example.org', password: 'correct horse battery staple' };
const [one, two] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];

test('the internal key is changed under a gateway and a service without a request that is refused', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const theirs = {
    APP_IDENTITY_SIGNING_KEYS: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    APP_PERSONAL_DATA_KEYS: randomBytes(32).toString('base64url'),
  };
  const files = {
    gateway: await makeSecretFolder(t, { APP_INTERNAL_KEY: one }),
    user: await makeSecretFolder(t, { ...theirs, APP_INTERNAL_KEY: one }),
  };
  const common = { APP_INTERNAL_KEY: '', APP_SECRETS_POLL_MS: '50' };
  const user = await startProcess(t, new URL('../user/main.ts', import.meta.url), {
    ...(await databases.create()),
    ...common,
    APP_SECRETS_DIR: files.user.path,
    APP_EMAIL_VERIFICATION: 'off',
  });
  const gateway = await startGateway(t, {
    ...common,
    APP_SECRETS_DIR: files.gateway.path,
    APP_UPSTREAM_USER: user.url,
    APP_IDENTITY_JWKS: '{"keys":[]}',
    APP_RATE_LIMIT: 'off',
    APP_ENDED_SESSIONS_POLL_MS: '50',
  });
  await gateway.call('POST', '/api/v1/users', { body: credentials });
  const { accessToken } = (await gateway.call('POST', '/api/v1/auth/login', { body: credentials })).json;
  const headers = { authorization: `Bearer ${accessToken}` };
  const askWho = async () => (await gateway.call('GET', '/api/v1/me', { headers })).status;
  await waitFor('the gateway has the keys', async () => (await askWho()) === 200, patient);

  let isOver = false;
  const statuses: number[] = [];
  const asking = (async () => {
    while (!isOver) statuses.push(await askWho());
  })();
  t.teardown(() => {
    isOver = true;
  });
  /** Whether the user service believes what is signed with this key. */
  const isKnown = async (key: string) => {
    const identity = mintInternalIdentity({ subject: 'gateway', roles: ['service'] }, [key], Date.now());
    const answer = await fetch(`${user.url}/internal/ended-sessions`, { headers: { 'x-internal-identity': identity } });
    await answer.text();
    return answer.status === 200;
  };
  const changesOf = () => gateway.logs.filter(({ msg }) => msg === 'changed settings are in force').length;
  const change = async (keys: string, isThere: () => Promise<boolean>) => {
    const before = changesOf();
    await Promise.all([
      files.gateway.replace({ APP_INTERNAL_KEY: keys }),
      files.user.replace({ ...theirs, APP_INTERNAL_KEY: keys }),
    ]);
    await waitFor('both have the keys', async () => changesOf() > before && (await isThere()), patient);
  };
  await change(`${one},${two}`, () => isKnown(two));
  await change(`${two},${one}`, () => isKnown(two));
  await change(two, async () => !(await isKnown(one)));
  const count = statuses.length;
  await waitFor('it goes on', async () => statuses.length > count + 5, patient);
  isOver = true;
  await asking;
  t.true(
    statuses.every((status) => status === 200),
    statuses.filter((status) => status !== 200).join(),
  );
  t.false(gateway.logs.some(({ msg }) => msg === 'the user service does not answer: going on with what is known'));
});
