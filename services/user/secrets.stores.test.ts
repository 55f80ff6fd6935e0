import test, { type ExecutionContext } from 'ava';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { makeSecretFolder } from '#chassis/testing/secret-folder.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import {
  aPerson,
  aPersonalDataKey,
  aSigningKey,
  personalDataOf,
  readGauges,
  signIn,
  startUser,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const patient = { timeoutMs: 30_000 };
const [signingA, signingB] = [aSigningKey(), aSigningKey()];
const [dataA, dataB] = [aPersonalDataKey(), aPersonalDataKey()];
const idOf = (key: string) => personalDataOf({ APP_PERSONAL_DATA_KEYS: key }).keyIds[0];

/** Its keys are files; `change` replaces some and waits until the service says so. */
async function start(t: ExecutionContext) {
  let files = { APP_IDENTITY_SIGNING_KEYS: signingA, APP_PERSONAL_DATA_KEYS: dataA };
  const folder = await makeSecretFolder(t, files);
  const service = await startUser(t, databases, {
    APP_SECRETS_DIR: folder.path,
    APP_SECRETS_POLL_MS: '20',
    APP_IDENTITY_KEY_REFRESH_MS: '50',
    APP_IDENTITY_PUBLISH_AHEAD_MS: '0',
    APP_PERSONAL_DATA_KEYS: `${dataA},${dataB}`,
    APP_PERSONAL_DATA_RESEAL_MS: '20',
  });
  const count = (message: string) => service.logs.filter(({ msg }) => msg === message).length;
  const change = async (changes: Partial<typeof files>, said: string) => {
    const before = count(said);
    files = { ...files, ...changes };
    await folder.replace(files);
    await waitFor(said, async () => count(said) > before, patient);
  };
  return { service, change, untilSaid: (said: string) => waitFor(said, async () => count(said) > 0, patient) };
}

const keySet = async (service: UserUnderTest) => (await service.call('GET', '/.well-known/jwks.json')).json;

test.serial(
  'signing keys are changed under a running service: the new one is published and signs, old tokens hold',
  async (t) => {
    const { service, change } = await start(t);
    const person = await aPerson(service);
    const first = (await signIn(service, person)).accessToken;
    t.is((await keySet(service)).keys.length, 1);
    const [old] = (await keySet(service)).keys;

    await change({ APP_IDENTITY_SIGNING_KEYS: `${signingB}\n${signingA}` }, 'changed settings are in force');
    const published = (await keySet(service)).keys;
    t.is(published.length, 2);
    const second = (await signIn(service, person)).accessToken;
    t.is(decodeProtectedHeader(second).kid, published[0].kid);
    t.not(published[0].kid, old.kid);
    const stored = await service.query('select kid from signing_keys');
    t.deepEqual(stored.map(({ kid }) => kid).toSorted(), published.map(({ kid }: { kid: string }) => kid).toSorted());

    await change({ APP_IDENTITY_SIGNING_KEYS: signingB }, 'changed settings are in force');
    const third = (await signIn(service, person)).accessToken;
    const rules = { issuer: 'ecommerce-stack', audience: 'shop', algorithms: ['RS256'] };
    for (const token of [first, second, third])
      await t.notThrowsAsync(jwtVerify(token, createLocalJWKSet(await keySet(service)), rules));
    t.is(decodeProtectedHeader(third).kid, published[0].kid);
    t.false(JSON.stringify(service.logs).includes('PRIVATE KEY'));
  },
);

test.serial('keys of personal data are changed under a running service, which seals all anew', async (t) => {
  const { service, change } = await start(t);
  const person = await aPerson(service);
  const inForce = 'changed keys of personal data are in force';
  await change({ APP_PERSONAL_DATA_KEYS: `${dataA},${dataB}` }, inForce);
  await signIn(service, person);
  await change({ APP_PERSONAL_DATA_KEYS: `${dataB},${dataA}` }, inForce);
  await signIn(service, person);
  const isSealed = async () => Object.values(await readGauges(service, 'outdated')).join() === '0,0,0';
  await waitFor('all is sealed with the new one', isSealed, patient);
  const found = await service.query(`select encode(substring(sealed from 1 for 6), 'hex') as key from users`);
  t.deepEqual(found, [{ key: idOf(dataB) }]);
  await change({ APP_PERSONAL_DATA_KEYS: dataB }, inForce);
  await signIn(service, person);
  t.is((await service.call('GET', '/health')).status, 200);
});

test.serial('keys that lack one which rows are sealed with are not taken over, and it is told which one', async (t) => {
  const { service, change, untilSaid } = await start(t);
  const person = await aPerson(service);
  const refusal = 'changed keys of personal data lack one that rows are sealed with';
  await change({ APP_PERSONAL_DATA_KEYS: dataB }, refusal);
  const line = service.logs.find(({ msg }) => msg === refusal);
  t.like(line, { level: 'error', keyIds: [idOf(dataB)], unknown: [{ table: 'users', keys: [idOf(dataA)] }] });
  const metrics = async () => (await fetch(`${service.adminUrl}/metrics`)).text();
  t.regex(await metrics(), /^personal_data_keys_refused\S* 1$/m);
  await signIn(service, person);
  t.is((await service.call('GET', '/health')).status, 200);

  await change({ APP_PERSONAL_DATA_KEYS: `${dataB},${dataA}` }, 'changed settings are in force');
  await untilSaid('changed keys of personal data are in force');
  t.regex(await metrics(), /^personal_data_keys_refused\S* 0$/m);
  await signIn(service, person);
  const said = JSON.stringify(service.logs);
  t.false(said.includes(dataA) || said.includes(dataB));
});
