import test from 'ava';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { anAccessToken, startGateway, startUpstream } from './testing/gateway-under-test.ts';

const product = '/api/v1/products';

test('rates are exact over several gateways, per caller, and survive the loss of Redis', async (t) => {
  const redis = await startRedisCluster();
  t.teardown(() => redis.close());
  const upstream = await startUpstream(t, (_, response) => response.end('{}'));
  // One request a minute in addition to the burst of 5 or 40: none is added while this runs.
  const environment = {
    APP_UPSTREAM_PRODUCT: upstream.url,
    APP_RATE_LIMIT_GUEST_READ: '5',
    APP_RATE_LIMIT_CUSTOMER_READ: '400',
    APP_RATE_LIMIT_SENSITIVE: '5',
    APP_REDIS_COMMAND_TIMEOUT_MS: '2000',
  };
  const gateways = await Promise.all([startGateway(t, environment, redis), startGateway(t, environment, redis)]);
  const [first] = gateways;
  if (first === undefined) throw new Error('no gateway');
  while ((await first.call('GET', '/health')).json.status !== 'ok')
    await new Promise((resolve) => setTimeout(resolve, 50));
  await gateways[1]?.call('GET', '/health');

  const floodFrom = async (
    count: number,
    headersOf: (index: number) => Record<string, string>,
  ): Promise<readonly number[]> =>
    Promise.all(
      Array.from(
        { length: count },
        async (_, index) =>
          (await gateways[index % 2]?.call('GET', product, { headers: headersOf(index) }))?.status ?? 0,
      ),
    );
  const flood = (count: number, headers: Record<string, string>) => floodFrom(count, () => headers);
  const allowed = (statuses: readonly number[]): number => statuses.filter((status) => status === 200).length;

  t.is(allowed(await flood(100, { 'x-forwarded-for': '198.51.100.1' })), 5);
  t.is(allowed(await flood(100, { 'x-forwarded-for': '198.51.100.2' })), 5);
  // What a caller writes itself is left of what the proxy before us adds.
  const liars = await floodFrom(50, (index) => ({ 'x-forwarded-for': `203.0.113.${index}, 10.0.0.1, 10.7.7.7` }));
  t.is(allowed(liars), 5);
  const sixes = await floodFrom(50, (index) => ({ 'x-forwarded-for': `2001:db8:0:1::${index}:1` }));
  t.is(allowed(sixes), 5);
  t.is(allowed(await flood(10, { 'x-forwarded-for': '2001:db8:0:2::1' })), 5);
  const authorization = `Bearer ${await anAccessToken(['customer'])}`;
  const begun = performance.now();
  const customers = allowed(await flood(200, { authorization, 'x-forwarded-for': '198.51.100.1' }));
  const refilled = Math.ceil((performance.now() - begun) / 150);
  t.true(customers >= 40 && customers <= 40 + refilled, `${customers} of 40 + ${refilled}`);

  const refused = await first.call('GET', product, { headers: { 'x-forwarded-for': '198.51.100.1' } });
  t.is(refused.json.code, 'too-many-requests');
  t.is(refused.headers.get('ratelimit-limit'), '5');
  t.is(refused.headers.get('ratelimit-remaining'), '0');
  t.true(Number(refused.headers.get('retry-after')) >= 1 && Number(refused.headers.get('ratelimit-reset')) > 30);

  // Guessing tokens uses up the address's allowance.
  const guesses = await flood(20, { authorization: 'Bearer guess', 'x-forwarded-for': '198.51.100.3' });
  t.is(guesses.filter((status) => status === 401).length, 5);

  await Promise.all(redis.nodes.map((node) => node.stop('kill')));
  const after = await flood(50, { 'x-forwarded-for': '198.51.100.4' });
  t.true(allowed(after) >= 5 && allowed(after) <= 10, `${allowed(after)}: each gateway counts alone`);
  t.true(after.every((status) => status === 200 || status === 429));
  t.is((await first.call('GET', '/health')).json.status, 'degraded');
});
