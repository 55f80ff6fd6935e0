import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { type Environment, loadSettings, SettingsError } from '#chassis/config/settings.ts';
import { testInternalKey } from '#chassis/testing/service-under-test.ts';
import { gatewaySettings } from './settings.ts';

const load = (environment: Environment) =>
  loadSettings(gatewaySettings, { APP_INTERNAL_KEY: testInternalKey, APP_REDIS_NODES: 'redis:6379', ...environment });

test('by default one proxy in a private network is believed', (t) => {
  const { trustedHops, trustedProxies } = load({}).proxy;
  t.is(trustedHops, 1);
  t.true(trustedProxies.includes('10.0.0.0/8') && trustedProxies.includes('fc00::/7'));
});

test('a number of proxies or a network that is none ends the start, with its name', (t) => {
  for (const value of ['-1', '11', 'all', '1.5']) {
    const error = t.throws(() => load({ APP_TRUSTED_PROXY_HOPS: value }), { instanceOf: SettingsError });
    t.deepEqual(error?.faults, [`APP_TRUSTED_PROXY_HOPS="${value}": must be a whole number from 0 to 10`]);
  }
  const bad = ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '300.0.0.0/8', 'fc00::/129', '::ffff:10.0.0.0/104', 'pods', '/8'];
  for (const value of bad) {
    const error = t.throws(() => load({ APP_TRUSTED_PROXIES: `10.0.0.0/8,${value}` }), { instanceOf: SettingsError });
    t.deepEqual(error?.faults, [
      `APP_TRUSTED_PROXIES="10.0.0.0/8,${value}": ${value} is no network such as 10.0.0.0/8 or fc00::/7`,
    ]);
  }
  t.deepEqual(load({ APP_TRUSTED_PROXIES: '0.0.0.0/0, ::/0' }).proxy.trustedProxies, ['0.0.0.0/0', '::/0']);
});

const aKeySet = (bits: number, changes = {}) => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), ...changes }] });
};

test('keys of access tokens that are short, private or none end the start', (t) => {
  t.is(load({ APP_IDENTITY_JWKS: aKeySet(2048) }).identity.jwks.current?.keys.length, 1);
  t.deepEqual(load({ APP_IDENTITY_JWKS: '{"keys":[]}' }).identity.jwks.current, { keys: [] });
  for (const value of [
    aKeySet(1024),
    aKeySet(2047),
    aKeySet(2048, { d: 'AQAB' }),
    aKeySet(2048, { n: '' }),
    '{}',
    'x',
  ]) {
    const error = t.throws(() => load({ APP_IDENTITY_JWKS: value }), { instanceOf: SettingsError });
    t.regex(error?.message ?? '', /APP_IDENTITY_JWKS=.*: must be a JSON Web Key Set of public RSA keys of 2048 bits/);
  }
});

test('a key of the internal identity that was typed to fill the length ends the start, and is not shown', (t) => {
  for (const key of ['x'.repeat(32), 'abcdefg'.repeat(10), `${testInternalKey},${'0'.repeat(40)}`]) {
    const error = t.throws(() => load({ APP_INTERNAL_KEY: key }), { instanceOf: SettingsError });
    t.deepEqual(error?.faults, ['APP_INTERNAL_KEY (value hidden): each key must have at least 8 different characters']);
  }
  t.is(load({ APP_INTERNAL_KEY: '0123456789abcdef'.repeat(2) }).identity.internalKeys.current.length, 1);
});

test('pages that may call from a browser come over TLS, or from the developer’s own machine', (t) => {
  const fine = 'https://shop.example,http://localhost:5173,http://127.0.0.1:8080,https://localhost';
  t.deepEqual(load({ APP_CORS_ORIGINS: fine }).proxy.corsOrigins, fine.split(','));
  for (const value of [
    'http://shop.example',
    'http://localhost.shop.example',
    'http://127.0.0.1.nip.io',
    'http://10.0.0.1',
  ]) {
    const error = t.throws(() => load({ APP_CORS_ORIGINS: `https://shop.example,${value}` }), {
      instanceOf: SettingsError,
    });
    t.deepEqual(error?.faults, [
      `APP_CORS_ORIGINS="https://shop.example,${value}": ${value} must begin with https://; http:// is for localhost and 127.0.0.1 only`,
    ]);
  }
  for (const value of ['*', 'null', 'https://shop.example/', 'shop.example', 'https://*.example'])
    t.throws(() => load({ APP_CORS_ORIGINS: value }), { instanceOf: SettingsError }, value);
});
