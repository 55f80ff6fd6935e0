import test from 'ava';
import { startProcess } from '#chassis/testing/service-process.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { startRedisCluster } from '#lab/stores/redis.ts';
import { anAccessToken, startGateway } from './testing/gateway-under-test.ts';

const databases = await startTestDatabases(new URL('../product/migrations/', import.meta.url));
test.after.always(() => databases.close());

test('an admin changes the catalogue through the gateway and a guest sees it', async (t) => {
  const redis = await startRedisCluster();
  t.teardown(() => redis.close());
  // As a process: services know each other's addresses, not their code.
  const product = await startProcess(t, new URL('../product/main.ts', import.meta.url), await databases.create());
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: product.url }, redis);
  const authorization = `Bearer ${await anAccessToken(['admin'])}`;
  const path = '/api/v1/products';
  const body = {
    slug: 'mug',
    title: 'Mug',
    status: 'active',
    sku: 'MUG',
    prices: [{ currency: 'EUR', amountMinor: 900 }],
  };

  t.is((await gateway.call('POST', path, { body })).json.code, 'authentication-required');
  const customer = { authorization: `Bearer ${await anAccessToken(['customer'])}` };
  t.is((await gateway.call('POST', path, { body, headers: customer })).json.code, 'forbidden');
  const created = await gateway.call('POST', path, { body, headers: { authorization } });
  t.is(created.status, 201);
  const etag = created.headers.get('etag') ?? '';
  const changed = await gateway.call('PATCH', `${path}/${created.json.id}`, {
    body: { title: 'Cup' },
    headers: { authorization, 'if-match': etag },
  });
  t.is(changed.status, 200);
  const seen = await gateway.call('GET', '/api/products/mug');
  t.deepEqual(seen.json, changed.json);
  t.is(
    (await gateway.call('GET', '/api/products/mug', { headers: { 'if-none-match': seen.headers.get('etag') ?? '' } }))
      .status,
    304,
  );

  const home = await gateway.call('GET', '/bff/home');
  t.deepEqual(home.json, { products: [changed.json], categories: [], warnings: [] });
  const page = await gateway.call('GET', '/bff/product/mug');
  t.like(page.json, { product: changed.json, related: [], availability: null });

  const docs = (await gateway.call('GET', '/docs/openapi.json')).json;
  t.is(docs.paths[path].get['x-service'], 'product');
  t.truthy(docs.paths['/bff/home']);
  t.true('ProductProduct' in docs.components.schemas);
  const references = [...JSON.stringify(docs).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name = '']) => name,
  );
  for (const name of references) t.true(name in docs.components.schemas, name);
  const html = await gateway.call('GET', '/docs');
  t.is(html.headers.get('content-type'), 'text/html; charset=utf-8');
  t.true(html.text.includes('POST /api/v1/products'));
});
