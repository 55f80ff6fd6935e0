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
