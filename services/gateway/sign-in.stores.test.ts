import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Environment } from '#chassis/config/settings.ts';
import { startProcess } from '#chassis/testing/service-process.ts';
import type { ServiceUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { startGateway } from './testing/gateway-under-test.ts';

const databases = await startTestDatabases(new URL('../user/migrations/', import.meta.url));
test.after.always(() => databases.close());

/** A session that has ended is refused within five seconds; the rest is for a test machine that is busy. */
const refusedWithinMs = 5000 + 2000;

const credentials = { email: 'ada@example.org', password: 'correct horse battery staple' };

function aSigningKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** One for all processes: several of a test have the same database. */
const personalDataKey = randomBytes(32).toString('base64url');

/** As a process: services know each other's addresses, not their code. */
const startUser = (t: ExecutionContext, environment: Environment, signingKeys: string) =>
  startProcess(t, new URL('../user/main.ts', import.meta.url), {
    ...environment,
    APP_IDENTITY_SIGNING_KEYS: signingKeys,
    APP_PERSONAL_DATA_KEYS: personalDataKey,
    APP_IDENTITY_KEY_REFRESH_MS: '100',
    APP_IDENTITY_PUBLISH_AHEAD_MS: '0',
    APP_EMAIL_VERIFICATION: 'off',
  });

/** Knows no key but those that the user service tells. */
const liveKeys = { APP_IDENTITY_JWKS: '{"keys":[]}', APP_RATE_LIMIT_SENSITIVE: '600' };

const post = (gateway: ServiceUnderTest, path: string, body: unknown) =>
  gateway.call('POST', `/api/v1${path}`, { body });
const bearer = (accessToken: string) => ({ headers: { authorization: `Bearer ${accessToken}` } });

/** The answer to the question who one is, once the gateway has the keys. */
async function whoAmI(gateway: ServiceUnderTest, accessToken: string) {
  const ask = async () => {
    const answer = await gateway.call('GET', '/api/v1/me', bearer(accessToken));
    return answer.status === 200 && answer;
  };
  return waitFor('the token is known', ask, { timeoutMs: 30_000, intervalMs: 200 });
}

test('a customer signs in through the gateway, uses the token there, and signs out', async (t) => {
  const redis = await startRedisCluster();
  t.teardown(() => redis.close());
  const user = await startUser(t, await databases.create(), aSigningKey());
  const gateway = await startGateway(t, { APP_UPSTREAM_USER: user.url, ...liveKeys }, redis);
  t.is((await gateway.call('POST', '/api/users', { body: credentials })).status, 202);
  const { accessToken, refreshToken } = (await post(gateway, '/auth/login', credentials)).json;
  const other = (await post(gateway, '/auth/login', credentials)).json;
  const me = await whoAmI(gateway, accessToken);
  t.like(me.json, { email: credentials.email, roles: ['customer'] });
  t.is((await gateway.call('GET', '/api/v1/users', bearer(accessToken))).json.code, 'forbidden');
  t.is((await gateway.call('GET', '/api/v1/me')).json.code, 'authentication-required');
  t.is((await gateway.call('GET', '/internal/ended-sessions')).json.code, 'route-not-found');
  const [header, , signature] = accessToken.split('.');
  const forged = Buffer.from(JSON.stringify({ sub: me.json.id, roles: ['admin'], exp: 9e9 })).toString('base64url');
  const attempt = await gateway.call('GET', '/api/v1/users', bearer(`${header}.${forged}.${signature}`));
  t.is(attempt.json.code, 'invalid-token');

  t.is((await post(gateway, '/auth/logout', { refreshToken })).status, 204);
  const signedOut = performance.now();
  t.is((await post(gateway, '/auth/refresh', { refreshToken })).json.code, 'invalid-refresh-token');
  const isRefused = async () =>
    (await gateway.call('GET', '/api/v1/me', bearer(accessToken))).json.code === 'invalid-token';
  await waitFor('the access token is refused', isRefused, { timeoutMs: 30_000 });
  const tookMs = Math.round(performance.now() - signedOut);
  t.true(tookMs <= refusedWithinMs, `refused ${tookMs} ms after signing out`);
  t.is((await gateway.call('GET', '/api/v1/me', bearer(other.accessToken))).status, 200);

  // A gateway that starts later knows as well.
  const second = await startGateway(t, { APP_UPSTREAM_USER: user.url, ...liveKeys }, redis);
  await whoAmI(second, other.accessToken);
  const isRefusedThere = async () => (await second.call('GET', '/api/v1/me', bearer(accessToken))).status === 401;
  await waitFor('the other gateway refuses it', isRefusedThere, { timeoutMs: 30_000 });

  const exited = once(user.child, 'exit');
  user.child.kill('SIGKILL');
  await exited;
  const answer = await gateway.call('GET', '/api/v1/me', bearer(other.accessToken));
  t.is(answer.json.code, 'upstream-unavailable', 'with the user service away its keys are still known');
  t.true(await isRefused());
});

test('the keys of access tokens can be read through the gateway, and only read', async (t) => {
  const user = await startUser(t, await databases.create(), aSigningKey());
  const gateway = await startGateway(t, { APP_UPSTREAM_USER: user.url, ...liveKeys, APP_RATE_LIMIT: 'off' });
  await post(gateway, '/users', credentials);
  const { accessToken } = (await post(gateway, '/auth/login', credentials)).json;
  const published = await gateway.call('GET', '/.well-known/jwks.json');
  t.is(published.status, 200);
  t.is(published.headers.get('cache-control'), 'public, max-age=300');
  const rules = { issuer: 'ecommerce-stack', audience: 'shop', typ: 'at+jwt' };
  await t.notThrowsAsync(jwtVerify(accessToken, createLocalJWKSet(published.json), rules));
  t.deepEqual(
    Object.keys(published.json.keys[0]).toSorted(),
    ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    'nothing private',
  );
  for (const method of ['POST', 'PUT', 'DELETE'])
    t.is((await gateway.call(method, '/.well-known/jwks.json')).json.code, 'method-not-allowed', method);
  t.is((await gateway.call('POST', '/.well-known/jwks.json', { body: {} })).json.code, 'payload-too-large');
});

test('a new key is learned with its first token, and tokens of the old one stay valid', async (t) => {
  const environment = await databases.create();
  const [oldKey, newKey] = [aSigningKey(), aSigningKey()];
  const before = await startUser(t, environment, oldKey);
  const gateway = await startGateway(t, { APP_UPSTREAM_USER: before.url, ...liveKeys, APP_RATE_LIMIT: 'off' });
  await post(gateway, '/users', credentials);
  const first = (await post(gateway, '/auth/login', credentials)).json.accessToken;
  await whoAmI(gateway, first);
  const after = await startUser(t, environment, newKey);
  const second = await waitFor(
    'the new key signs',
    async () => {
      const body = JSON.stringify(credentials);
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${after.url}/api/v1/auth/login`, { method: 'POST', body, headers });
      const { accessToken } = (await answer.json()) as { readonly accessToken: string };
      return decodeProtectedHeader(accessToken).kid !== decodeProtectedHeader(first).kid && accessToken;
    },
    { timeoutMs: 30_000 },
  );
  for (const token of [second, first]) t.is((await whoAmI(gateway, token)).json.email, credentials.email);
});
