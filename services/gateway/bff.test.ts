import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { verifyInternalIdentity } from '#chassis/identity/internal-identity.ts';
import { readApiDescription } from '#chassis/testing/api-description.ts';
import { testInternalKey } from '#chassis/testing/service-under-test.ts';
import { anAccessToken, deadOrigin, startGateway, startUpstream } from './testing/gateway-under-test.ts';

const id = (last: number) => `01a20792-7531-7b89-86c5-c73c7e30f8${String(last).padStart(2, '0')}`;
const category = { id: id(50), slug: 'mugs', name: 'Mugs' };
const aProduct = (number: number, changes = {}) => ({
  id: id(number),
  slug: `p-${number}`,
  title: `P ${number}`,
  variants: [{ sku: `SKU-${number}` }, { sku: `SKU-${number}-XL` }],
  categoryId: category.id,
  ...changes,
});
const items = Array.from({ length: 13 }, (_, index) => aProduct(index + 1));

type Answers = Readonly<Record<string, unknown>>;

/** A product service of three paths; others are 404, and functions answer as they like. */
function answering(answers: Answers, seen: IncomingMessage[] = []): RequestListener {
  return (request, response) => {
    seen.push(request);
    const answer = answers[request.url?.split('?', 1)[0] ?? ''];
    if (typeof answer === 'function') answer(request, response);
    else response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  };
}

const whole: Answers = {
  '/api/v1/products': { items },
  '/api/v1/categories': { items: [category] },
  [`/api/v1/categories/${category.id}`]: category,
  '/api/v1/products/p-1': items[0],
};

async function start(t: ExecutionContext, answers: Answers, environment = {}, seen: IncomingMessage[] = []) {
  const { url } = await startUpstream(t, answering(answers, seen));
  return startGateway(t, { APP_UPSTREAM_PRODUCT: url, ...environment });
}

test('the first page has its parts from one round, asked for as a guest with what the gateway knows', async (t) => {
  const seen: IncomingMessage[] = [];
  const gateway = await start(t, whole, {}, seen);
  const headers = { authorization: `Bearer ${await anAccessToken(['admin'])}`, 'x-request-id': 'a-request-of-mine' };
  const answer = await gateway.call('GET', '/bff/home', { headers });
  t.is(answer.status, 200, answer.text);
  t.deepEqual(answer.json, { products: items, categories: [category], warnings: [] });
  t.regex(answer.headers.get('cache-control') ?? '', /public, max-age=30/);
  t.truthy(answer.headers.get('ratelimit-limit'));
  t.is(seen.length, 2);
  for (const request of seen) {
    t.is(request.headers['x-request-id'], 'a-request-of-mine');
    t.is(request.headers['x-internal-identity'], undefined);
    const deadline = Number(request.headers['x-deadline-ms']);
    t.true(deadline > 0 && deadline <= 2000);
  }
});

test('a part that fails, is late or is nonsense is null and named; the rest is there', async (t) => {
  const late = () => undefined;
  const broken = (request: IncomingMessage) => void request.socket.destroy();
  const unwell = (_: IncomingMessage, response: ServerResponse) => void response.writeHead(503).end();
  for (const [answer, code] of [
    [late, 'upstream-timeout'],
    [broken, 'bad-gateway'],
    [unwell, 'upstream-unavailable'],
    [{ nonsense: true }, 'bad-gateway'],
    [undefined, 'not-found'],
  ] as const) {
    const gateway = await start(t, { ...whole, '/api/v1/categories': answer });
    const { status, json, headers } = await gateway.call('GET', '/bff/home');
    t.is(status, 200, code);
    t.deepEqual(json, { products: items, categories: null, warnings: [{ part: 'categories', code }] });
    t.is(headers.get('cache-control'), 'no-store');
  }
  const none = await startGateway(t, { APP_UPSTREAM_PRODUCT: deadOrigin });
  const { json } = await none.call('GET', '/bff/home');
  t.deepEqual(json.warnings, [
    { part: 'products', code: 'upstream-unavailable' },
    { part: 'categories', code: 'upstream-unavailable' },
  ]);
});

test('the page of a product has what is beside it; without the product there is none', async (t) => {
  const seen: IncomingMessage[] = [];
  const told = ['SKU-1', 'SKU-1-XL'].map((sku) => ({ sku, availability: 'in-stock' }));
  const inventory = await startUpstream(t, (request, response) => {
    seen.push(request);
    response.end(JSON.stringify({ items: told }));
  });
  const gateway = await start(t, whole, { APP_UPSTREAM_INVENTORY: inventory.url });
  const page = await gateway.call('GET', '/bff/product/p-1');
  t.is(page.status, 200, page.text);
  t.deepEqual(page.json, {
    product: items[0],
    category,
    related: items.slice(1),
    availability: told,
    warnings: [],
  });
  t.deepEqual(
    seen.map(({ url }) => url),
    ['/api/v1/availability?skus=SKU-1,SKU-1-XL'],
  );
  t.is((await gateway.call('GET', '/bff/product/p-2')).json.code, 'not-found');
  t.is((await gateway.call('GET', '/bff/product/..%2f..%2finternal')).json.code, 'not-found');
  t.is((await gateway.call('GET', '/bff/nothing')).json.code, 'route-not-found');
});

test('a stack without inventory shows products all the same, and caches may keep them', async (t) => {
  const lonely = { ...items[0], slug: 'lonely', categoryId: null };
  const gateway = await start(t, { ...whole, '/api/v1/products/lonely': lonely });
  const { json, headers } = await gateway.call('GET', '/bff/product/lonely');
  const warnings = [{ part: 'availability', code: 'upstream-not-deployed' }];
  t.deepEqual(json, { product: lonely, category: null, related: [], availability: null, warnings });
  t.regex(headers.get('cache-control') ?? '', /public/);
  const dead = await startGateway(t, { APP_UPSTREAM_PRODUCT: deadOrigin });
  t.is((await dead.call('GET', '/bff/product/p-1')).json.code, 'upstream-unavailable');
  const empty = await startGateway(t, {});
  t.is((await empty.call('GET', '/bff/product/p-1')).json.code, 'upstream-not-deployed');
});

test('pages are counted, and callers are who their token says or nobody', async (t) => {
  const gateway = await start(t, whole, { APP_RATE_LIMIT_GUEST_READ: '6' });
  const ask = (headers = {}) => gateway.call('GET', '/bff/home', { headers });
  t.is((await ask({ authorization: 'Bearer nonsense' })).json.code, 'invalid-token');
  t.is((await ask({ 'x-internal-identity': 'forged' })).status, 200);
  const statuses = [];
  for (let index = 0; index < 6; index += 1) statuses.push((await ask()).status);
  t.deepEqual(statuses, [200, 200, 200, 200, 429, 429]);
});

const secret = 'A'.repeat(22);
const cart = {
  id: 'f'.repeat(32),
  lines: [{ sku: 'SKU-1' }, { sku: null }, { sku: 'SKU-2' }, { sku: 'SKU-1' }],
  totals: { totalMinor: 1000 },
};
const addresses = [{ id: id(70), city: 'Berlin' }];
const stock = ['SKU-1', 'SKU-2'].map((sku) => ({ sku, availability: 'in-stock' }));

/** What a purchase needs: three services, and what each was asked. */
async function startForCheckout(t: ExecutionContext, changes: Answers = {}) {
  const seen: IncomingMessage[] = [];
  const { url } = await startUpstream(
    t,
    answering(
      {
        '/api/v1/carts/current': cart,
        '/api/v1/me/addresses': { items: addresses },
        '/api/v1/availability': { items: stock },
        ...changes,
      },
      seen,
    ),
  );
  const gateway = await startGateway(t, {
    APP_UPSTREAM_CART: url,
    APP_UPSTREAM_USER: url,
    APP_UPSTREAM_INVENTORY: url,
  });
  const asked = (path: string) => seen.filter((request) => request.url?.split('?', 1)[0] === path);
  return { ask: (headers = {}) => gateway.call('GET', '/bff/checkout', { headers }), asked };
}

test('who is signed in sees cart, addresses and stock before buying, asked for in its name, and nobody keeps them', async (t) => {
  const { ask, asked } = await startForCheckout(t);
  const answer = await ask({ authorization: `Bearer ${await anAccessToken(['customer'])}` });
  t.is(answer.status, 200, answer.text);
  t.deepEqual(answer.json, { cart, addresses, availability: stock, warnings: [] });
  t.is(answer.headers.get('cache-control'), 'private, no-store');
  for (const path of ['/api/v1/carts/current', '/api/v1/me/addresses']) {
    t.is(asked(path).length, 1);
    const identity = asked(path)[0]?.headers['x-internal-identity'];
    t.is(verifyInternalIdentity(String(identity), [testInternalKey], Date.now())?.subject, 'user-1', path);
  }
  t.deepEqual(
    asked('/api/v1/availability').map(({ url, headers }) => [url, headers['x-internal-identity']]),
    [['/api/v1/availability?skus=SKU-1,SKU-2', undefined]],
  );
});

test('a guest shows the secret of its cart by header or cookie, and has no addresses', async (t) => {
  const { ask, asked } = await startForCheckout(t);
  const other = 'B'.repeat(22);
  for (const headers of [
    { 'x-cart-token': secret },
    { cookie: `a=b; __Host-cart=${secret}` },
    { 'x-cart-token': secret, cookie: `__Host-cart=${other}` },
  ]) {
    t.deepEqual((await ask(headers)).json, { cart, addresses: null, availability: stock, warnings: [] });
    const { headers: sent } = asked('/api/v1/carts/current').at(-1) ?? {};
    t.deepEqual([sent?.['x-cart-token'], sent?.cookie, sent?.['x-internal-identity']], [secret, undefined, undefined]);
  }
  await ask({ 'x-cart-token': '\u00ff{}', 'x-internal-identity': 'forged' });
  const { headers: sent } = asked('/api/v1/carts/current').at(-1) ?? {};
  t.deepEqual([sent?.['x-cart-token'], sent?.['x-internal-identity']], [undefined, undefined]);
  t.deepEqual(asked('/api/v1/me/addresses'), []);
});

test('a part that is missing before the purchase is null and named, also to who has no cart', async (t) => {
  const authorization = `Bearer ${await anAccessToken(['customer'])}`;
  const unwell = (_: IncomingMessage, response: ServerResponse) => void response.writeHead(503).end();
  const noAddresses = await (await startForCheckout(t, { '/api/v1/me/addresses': unwell })).ask({ authorization });
  const code = 'upstream-unavailable';
  t.deepEqual(noAddresses.json, {
    cart,
    addresses: null,
    availability: stock,
    warnings: [{ part: 'addresses', code }],
  });
  const noCart = await (await startForCheckout(t, { '/api/v1/carts/current': undefined })).ask({ authorization });
  const warnings = ['cart', 'availability'].map((part) => ({ part, code: 'not-found' }));
  t.deepEqual(noCart.json, { cart: null, addresses, availability: null, warnings });
  t.is(noCart.headers.get('cache-control'), 'private, no-store');
});

test('the stock of a cart of any size is asked for in addresses that a service takes', async (t) => {
  const skus = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(64, 'S'));
  const { ask, asked } = await startForCheckout(t, {
    '/api/v1/carts/current': { id: 'x', lines: skus.map((sku) => ({ sku })) },
    '/api/v1/availability': ({ url = '' }: IncomingMessage, response: ServerResponse) => {
      const items = (url.split('=')[1] ?? '').split(',').map((sku) => ({ sku, availability: 'in-stock' }));
      response.writeHead(url.length > 4096 ? 414 : 200).end(JSON.stringify({ items }));
    },
  });
  const { json } = await ask({ 'x-cart-token': secret });
  t.deepEqual(
    json.availability.map(({ sku }: { sku: string }) => sku),
    skus,
  );
  t.is(asked('/api/v1/availability').length, 2);
  const empty = await startForCheckout(t, { '/api/v1/carts/current': { id: 'x', lines: [] } });
  t.deepEqual((await empty.ask()).json.availability, []);
  t.deepEqual(empty.asked('/api/v1/availability'), []);
});

test('the operations of the gateway answer as it describes them', async (t) => {
  const gateway = await start(t, whole);
  const api = readApiDescription((await gateway.call('GET', '/openapi.json')).json);
  const paths: Readonly<Record<string, string>> = { slug: 'p-1', code: 'not-found' };
  for (const operation of api.operations) {
    const answer = await gateway.call(
      'GET',
      operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => paths[name] ?? ''),
    );
    t.is(answer.status, 200, operation.path);
    t.is(api.findFault(operation, answer), undefined);
  }
});
