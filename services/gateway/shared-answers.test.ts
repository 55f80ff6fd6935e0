import type { IncomingMessage, ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import { anAccessToken, startGateway, startUpstream } from './testing/gateway-under-test.ts';

const page = '/api/v1/products/mug';
const patient = { timeoutMs: 30_000 };
/** So long that no test sees its end. */
const forLong = { APP_CACHE_MAX_AGE_MS: '60000' };
const publicly = { 'content-type': 'application/json', 'cache-control': 'public, max-age=30', vary: 'authorization' };

type Answer = (request: IncomingMessage, response: ServerResponse, asked: number) => void;

/** A product service that counts what it is asked, and a gateway before it. */
async function start(t: ExecutionContext, environment: Record<string, string>, answer: Answer = answerCount) {
  let asked = 0;
  const { url } = await startUpstream(t, (request, response) => {
    asked += 1;
    answer(request, response, asked);
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: url, ...environment });
  return { gateway, asked: () => asked };
}

const answerCount: Answer = (_, response, asked) => response.writeHead(200, publicly).end(JSON.stringify({ asked }));

test('guests share a public answer: its service is asked once', async (t) => {
  const { gateway, asked } = await start(t, forLong);
  const first = await gateway.call('GET', page, { headers: { 'x-request-id': 'request-of-the-first' } });
  t.is(first.headers.get('age'), null);
  const second = await gateway.call('GET', page, {
    headers: { 'x-request-id': 'request-of-the-second', 'x-forwarded-for': '9.9.9.9' },
  });
  t.deepEqual(second.json, { asked: 1 });
  t.is(second.headers.get('cache-control'), 'public, max-age=30');
  t.is(second.headers.get('vary'), 'authorization');
  t.regex(second.headers.get('age') ?? '', /^\d+$/);
  t.is(second.headers.get('x-request-id'), 'request-of-the-second');
  t.not(second.headers.get('ratelimit-limit'), null);
  t.is(asked(), 1);
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  t.regex(metrics, /gateway_upstream_requests_total\{upstream="product",outcome="answered"[^}]*\} 1\n/);
  t.regex(metrics, /gateway_upstream_requests_total\{upstream="product",outcome="shared"[^}]*\} 1\n/);
});

test('another path or query is another answer, and the short path is the same', async (t) => {
  const { gateway, asked } = await start(t, forLong);
  for (const path of [page, `${page}?currency=EUR`, `${page}?currency=USD`, '/api/v1/products/cup']) {
    await gateway.call('GET', path);
  }
  t.is(asked(), 4);
  t.deepEqual((await gateway.call('GET', '/api/products/mug')).json, { asked: 1 });
});

test('nobody who is signed in gets a shared answer, or gives one', async (t) => {
  const { gateway, asked } = await start(t, forLong);
  const authorization = `Bearer ${await anAccessToken(['customer'])}`;
  for (const headers of [{ authorization }, {}, { authorization }]) await gateway.call('GET', page, { headers });
  t.is(asked(), 3);
  t.deepEqual((await gateway.call('GET', page)).json, { asked: 2 });
});

test('what a service does not call public is asked for each time', async (t) => {
  for (const cacheControl of ['private, max-age=30', 'no-store', 'public, max-age=0', undefined]) {
    const { gateway, asked } = await start(t, forLong, (_, response) =>
      response.writeHead(200, cacheControl === undefined ? {} : { 'cache-control': cacheControl }).end('{}'),
    );
    await gateway.call('GET', page);
    await gateway.call('GET', page);
    t.is(asked(), 2, cacheControl);
  }
});

test('what sets a cookie is for one', async (t) => {
  const { gateway, asked } = await start(t, forLong, (_, response) =>
    response.writeHead(200, { ...publicly, 'set-cookie': 'cart=1' }).end('{}'),
  );
  await gateway.call('GET', page);
  await gateway.call('GET', page);
  t.is(asked(), 2);
});

test('a question whether something changed goes to the service, and so does a change', async (t) => {
  const { gateway, asked } = await start(t, forLong, (request, response) => {
    if (request.headers['if-none-match'] === undefined) response.writeHead(200, { ...publicly, etag: '"1"' }).end('{}');
    else response.writeHead(304, { etag: '"1"' }).end();
  });
  await gateway.call('GET', page);
  t.is((await gateway.call('GET', page, { headers: { 'if-none-match': '"1"' } })).status, 304);
  for (const method of ['POST', 'HEAD']) await gateway.call(method, page);
  for (const header of ['range', 'cookie']) await gateway.call('GET', page, { headers: { [header]: 'bytes=0-1' } });
  t.is(asked(), 6);
});

test('an answer is shared no longer than the gateway wants, whatever its service allows', async (t) => {
  const { gateway, asked } = await start(t, { APP_CACHE_MAX_AGE_MS: '300' });
  await gateway.call('GET', page);
  await waitFor('the service is asked again', async () => (await gateway.call('GET', page)).json.asked > 1, patient);
  t.is(asked(), 2);
});

test('with 0 nothing is shared', async (t) => {
  const { gateway, asked } = await start(t, { APP_CACHE_MAX_AGE_MS: '0' });
  for (let times = 0; times < 3; times += 1) t.is((await gateway.call('GET', page)).headers.get('age'), null);
  t.is(asked(), 3);
});

test('a large answer comes complete and is not kept', async (t) => {
  const text = JSON.stringify('x'.repeat(3 * 1024 * 1024));
  const { gateway, asked } = await start(t, forLong, (_, response) => response.writeHead(200, publicly).end(text));
  for (let times = 0; times < 2; times += 1) t.is((await gateway.call('GET', page)).text, text);
  t.is(asked(), 2);
});

test('an answer that breaks off is not shared', async (t) => {
  const { gateway } = await start(t, forLong, (_, response, asked) => {
    if (asked > 1) return void response.writeHead(200, publicly).end('{"complete":true}');
    response.writeHead(200, { ...publicly, 'content-length': '100' }).write('{"begun":');
    setImmediate(() => response.destroy());
  });
  await t.throwsAsync(gateway.call('GET', page));
  t.deepEqual((await gateway.call('GET', page)).json, { complete: true });
});

test('a service that fails is noticed although guests still share its last answer', async (t) => {
  let isBroken = false;
  const { gateway } = await start(t, forLong, (_, response) => {
    if (isBroken) response.destroy();
    else response.writeHead(200, publicly).end('{}');
  });
  await gateway.call('GET', page);
  isBroken = true;
  for (let times = 0; times < 40; times += 1) {
    await gateway.call('GET', page);
    await gateway.call('POST', `${page}/${times}`);
  }
  t.is((await gateway.call('POST', page)).json.code, 'upstream-unavailable');
});

test('many pages are kept within bounds, and each is answered', async (t) => {
  const { gateway, asked } = await start(t, { ...forLong, APP_RATE_LIMIT: 'off' }, (request, response) =>
    response.writeHead(200, publicly).end(JSON.stringify({ url: request.url })),
  );
  for (let number = 0; number < 1200; number += 1) {
    const { json } = await gateway.call('GET', `${page}?number=${number}`);
    t.is(json.url, `${page}?number=${number}`);
  }
  t.is((await gateway.call('GET', `${page}?number=1199`)).headers.get('age') === null, false);
  t.is((await gateway.call('GET', `${page}?number=0`)).headers.get('age'), null);
  t.is(asked(), 1201);
});
