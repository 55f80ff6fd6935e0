import test, { type ExecutionContext } from 'ava';
import { describeApi } from '#chassis/http/openapi.ts';
import { readApiDescription } from '#chassis/testing/api-description.ts';
import { findFaultOfAnswer, hostileRequests } from '#chassis/testing/hostile-input.ts';
import { gatewayService } from './service.ts';
import { startGateway, startUpstream } from './testing/gateway-under-test.ts';

const api = readApiDescription(
  describeApi({ title: 'Gateway', description: '', version: 'test' }, gatewayService.routes),
);
const valid = { slug: 'a-mug', code: 'not-found' };

function validFor(path: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(valid).filter(([name]) => path.includes(`{${name}}`)));
}

/** A gateway whose services have nothing, and the paths that they were asked for. */
async function start(t: ExecutionContext) {
  const paths = new Set<string>();
  const { url } = await startUpstream(t, (request, response) => {
    paths.add(request.url?.split('?', 1)[0] ?? '');
    response.writeHead(404).end('{}');
  });
  const upstreams = { APP_UPSTREAM_PRODUCT: url, APP_UPSTREAM_CART: url, APP_UPSTREAM_USER: url };
  return { gateway: await startGateway(t, { ...upstreams, APP_RATE_LIMIT: 'off' }), paths };
}

for (const operation of api.operations) {
  test(`hostile input to ${operation.id} gets a problem at worst, and leads to no other path`, async (t) => {
    const { gateway, paths } = await start(t);
    const all = hostileRequests(api, operation, { body: undefined, params: validFor(operation.path) });
    const faults: (string | undefined)[] = [];
    for (const request of all) {
      const { url, headers = {} } = request;
      faults.push(findFaultOfAnswer(request, await gateway.call('GET', url, { headers })));
    }
    t.deepEqual(
      faults.filter((fault) => fault !== undefined),
      [],
    );
    // Whatever a parameter holds is one segment of the path that is asked for.
    const described = ['/openapi.json', '/.well-known/jwks.json', '/internal/ended-sessions', '/api/v1/carts/current'];
    for (const path of paths)
      t.true(described.includes(path) || /^\/api\/v1\/(?:products|categories)(?:\/[^/]+)?$/.test(path), path);
    t.log(`${all.length} requests, ${paths.size} paths asked for`);
  });
}

const hostileHeaders: Readonly<Record<string, string>> = {
  authorization: `Bearer ${'x'.repeat(8000)}`,
  accept: 'x'.repeat(4000),
  'x-request-id': '"><script>',
  'x-internal-identity': 'x'.repeat(4000),
  'x-forwarded-for': ','.repeat(4000),
  'x-forwarded-proto': 'javascript',
  traceparent: `00-${'f'.repeat(4000)}`,
  'if-none-match': '"'.repeat(4000),
  origin: 'null',
  'x-much': 'x'.repeat(20_000),
};

test('methods that nobody offers and headers that nobody sends get a problem at worst', async (t) => {
  const { gateway } = await start(t);
  const paths = [...api.operations.map(({ path }) => path), '/docs'].map((path) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: 'slug' | 'code') => valid[name]),
  );
  for (const path of paths) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      const { status, headers, json } = await gateway.call(method, path, { body: { a: 1 } });
      t.deepEqual([status, json?.code], [405, 'method-not-allowed'], `${method} ${path}`);
      t.is(headers.get('content-type'), 'application/problem+json');
    }
    for (const [name, value] of Object.entries(hostileHeaders)) {
      const { status, headers, json } = await gateway.call('GET', path, { headers: { [name]: value } });
      t.true(status < 500, `${path} ${name}: ${status}`);
      if (status < 400) continue;
      t.is(headers.get('content-type'), 'application/problem+json', `${path} ${name}: ${status}`);
      t.is(json.status, status);
    }
  }
  t.is((await gateway.call('HEAD', '/docs')).status, 200);
});
