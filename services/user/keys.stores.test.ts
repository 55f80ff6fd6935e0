import { createPrivateKey, createPublicKey } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { loadSettings, SettingsError } from '#chassis/config/settings.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { describeSigningKey } from '#contracts/signing-keys.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { userSettings } from './settings.ts';
import { aPerson, aSigningKey, signIn, startUser, type UserUnderTest } from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const [oldKey, newKey] = [aSigningKey(), aSigningKey()];

function idOf(pem: string): string {
  const { n = '', e = '' } = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' });
  return describeSigningKey({ n, e }).kid;
}

const [oldId, newId] = [idOf(oldKey), idOf(newKey)];

const start = (t: ExecutionContext, keys: string, beside?: UserUnderTest): Promise<UserUnderTest> =>
  startUser(t, databases, {
    ...beside?.environment,
    APP_IDENTITY_SIGNING_KEYS: keys,
    APP_IDENTITY_KEY_REFRESH_MS: '50',
  });

const keySet = async (service: UserUnderTest) => (await service.call('GET', '/.well-known/jwks.json')).json;

async function idsOf(service: UserUnderTest): Promise<readonly string[]> {
  return (await keySet(service)).keys.map(({ kid }: { kid: string }) => kid).toSorted();
}

const untilPublished = (service: UserUnderTest, ids: readonly string[]) =>
  waitFor(
    `the key set has ${ids.length} keys`,
    async () => JSON.stringify(await idsOf(service)) === JSON.stringify(ids.toSorted()),
    { timeoutMs: 20_000 },
  );

const verify = async (token: string, keys: Parameters<typeof createLocalJWKSet>[0]) =>
  jwtVerify(token, createLocalJWKSet(keys), { issuer: 'ecommerce-stack', audience: 'shop', algorithms: ['RS256'] });

test.serial(
  'a key is changed without a token that cannot be verified: published first, then signing, then gone',
  async (t) => {
    const before = await start(t, oldKey);
    const person = await aPerson(before);
    const first = (await signIn(before, person)).accessToken;
    t.is(decodeProtectedHeader(first).kid, oldId);

    const during = await start(t, `${newKey}\n${oldKey}`, before);
    await untilPublished(during, [oldId, newId]);
    await untilPublished(before, [oldId, newId]);
    const second = (await signIn(during, person)).accessToken;
    t.is(decodeProtectedHeader(second).kid, oldId, 'the new key is not known everywhere yet');

    await before.query(`update signing_keys set published_at = published_at - interval '11 minutes' where kid = $1`, [
      newId,
    ]);
    const third = await waitFor(
      'the new key signs',
      async () => {
        const { accessToken } = await signIn(during, person);
        return decodeProtectedHeader(accessToken).kid === newId && (accessToken as string);
      },
      { timeoutMs: 20_000, intervalMs: 100 },
    );
    for (const token of [first, second, third]) {
      for (const service of [before, during]) t.truthy(await verify(token, await keySet(service)));
    }
    await during.stop();
    await before.stop();

    const after = await start(t, newKey, before);
    await untilPublished(after, [oldId, newId]);
    t.truthy(await verify(first, await keySet(after)), 'tokens of the old key are still valid');
    t.is(decodeProtectedHeader((await signIn(after, person)).accessToken).kid, newId);
    await after.query(`update signing_keys set seen_at = now() - interval '12 minutes' where kid = $1`, [oldId]);
    await untilPublished(after, [newId]);
    await t.throwsAsync(verify(first, await keySet(after)), { instanceOf: errors.JWKSNoMatchingKey });
  },
);

test.serial('a key that comes back after it was gone is published before it signs again', async (t) => {
  const one = await start(t, newKey);
  const person = await aPerson(one);
  await one.query(`insert into signing_keys select $1, '{}', now() - interval '1 year', now() - interval '1 month'`, [
    oldId,
  ]);
  await one.query(`update signing_keys set published_at = now() - interval '1 year' where kid = $1`, [newId]);
  const two = await start(t, `${oldKey}${newKey}`, one);
  t.is(decodeProtectedHeader((await signIn(two, person)).accessToken).kid, newId);
});

test.serial('the key set holds public parts only and may be cached for five minutes', async (t) => {
  const service = await start(t, `${newKey}${oldKey}`);
  const answer = await service.call('GET', '/.well-known/jwks.json');
  t.is(answer.headers.get('cache-control'), 'public, max-age=300');
  for (const key of answer.json.keys) {
    t.deepEqual(Object.keys(key).toSorted(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
    t.like(key, { kty: 'RSA', alg: 'RS256', use: 'sig' });
  }
  const stored = JSON.stringify(await service.query('select * from signing_keys'));
  t.false(stored.includes('"d"'));
});

test('keys that are no good end the start, and the message has nothing of them', (t) => {
  const environment = { APP_POSTGRES_HOST: 'h', APP_INTERNAL_KEY: 'x'.repeat(32) };
  const groups = { tokens: userSettings.tokens };
  for (const [keys, part] of [
    ['nonsense', '1 to 3 private keys'],
    [aSigningKey(1024), 'at least 2048 bits'],
    [`${newKey}${newKey}`, 'each key once'],
    [newKey.replaceAll(/[A-Za-z0-9]{20}\n/g, ''), 'without a passphrase'],
  ] as const) {
    const error = t.throws(
      () => loadSettings(groups, { ...environment, APP_IDENTITY_SIGNING_KEYS: keys }, userSettings),
      {
        instanceOf: SettingsError,
      },
    );
    t.true(error?.message.includes(part), error?.message);
    t.false(error?.message.includes(newKey.slice(40, 80)));
  }
});
