import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import test from 'ava';
import { verifyInternalIdentity } from '#chassis/identity/internal-identity.ts';
import { testInternalKey } from '#chassis/testing/service-under-test.ts';
import { anAccessToken, deadOrigin, startGateway, startUpstream } from './testing/gateway-under-test.ts';

const product = '/api/v1/products';

test('a request reaches its service with what the gateway knows, and the answer comes back as it is', async (t) => {
  const upstream = await startUpstream(t, (incoming, response) => {
    const { method, url, headers } = incoming;
    response.writeHead(201, {
      etag: '"v1"',
      'set-cookie': ['a=1', 'b=2'],
      server: 'hidden',
      'content-type': 'application/json',
    });
    incoming
      .setEncoding('utf8')
      .on('data', (body: string) => response.end(JSON.stringify({ method, url, headers, body })));
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  const answer = await gateway.call('POST', '/api/products/a%20b?x=1', {
    body: { title: 'Mug' },
    headers: {
      authorization: `Bearer ${await anAccessToken(['admin'])}`,
      'x-internal-identity': 'forged',
      'x-forwarded-for': '198.51.100.7',
      'x-request-id': 'request-from-outside',
    },
  });
  t.is(answer.status, 201);
  t.is(answer.headers.get('etag'), '"v1"');
  t.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2']);
  t.is(answer.headers.get('server'), null);
  t.is(answer.headers.get('x-request-id'), 'request-from-outside');
  t.is(answer.headers.get('x-content-type-options'), 'nosniff');
  const { method, url, headers, body } = answer.json;
  t.deepEqual([method, url, body], ['POST', `${product}/a%20b?x=1`, '{"title":"Mug"}']);
  t.like(headers, {
    'x-request-id': 'request-from-outside',
    'x-forwarded-for': '198.51.100.7',
    'x-forwarded-proto': 'http',
  });
  t.is(headers.authorization, undefined);
  t.regex(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  t.true(Number(headers['x-deadline-ms']) > 4000 && Number(headers['x-deadline-ms']) <= 5000);
  t.deepEqual(verifyInternalIdentity(headers['x-internal-identity'], [testInternalKey], Date.now()), {
    subject: 'user-1',
    roles: ['admin'],
  });
});

test('a caller’s trace goes on through the gateway by another span; what is no trace is not passed on', async (t) => {
  const upstream = await startUpstream(t, (incoming, response) => response.end(JSON.stringify(incoming.headers)));
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  const traceOf = async (traceparent: string): Promise<readonly string[]> =>
    JSON.parse((await gateway.call('GET', product, { headers: { traceparent } })).text).traceparent.split('-');
  const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const [version, passedOn, span] = await traceOf(`00-${traceId}-${spanId}-01`);
  t.deepEqual([version, passedOn], ['00', traceId]);
  t.regex(span ?? '', /^[0-9a-f]{16}$/);
  t.not(span, spanId);
  t.true(gateway.logs.some((line) => line['traceId'] === traceId));
  for (const wrong of [
    `00-${traceId}-${spanId}`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
  ]) {
    const [, made] = await traceOf(wrong);
    t.regex(made ?? '', /^[0-9a-f]{32}$/);
    t.not(made, traceId, wrong);
  }
});

test('a guest has no identity and a bad token is refused, also where none is needed', async (t) => {
  const upstream = await startUpstream(t, (incoming, response) => response.end(JSON.stringify(incoming.headers)));
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  t.false((await gateway.call('GET', product)).text.includes('x-internal-identity'));
  for (const authorization of ['Bearer nonsense', 'Basic dXNlcjpwYXNz', 'Bearer']) {
    const answer = await gateway.call('GET', product, { headers: { authorization } });
    t.is(answer.json.code, 'invalid-token', authorization);
  }
});

test('a service that is not deployed, not there, silent or rude has its own problem', async (t) => {
  const rude = await startUpstream(t, (incoming) => incoming.socket.destroy());
  const babbling = await startUpstream(t, (incoming) => incoming.socket.end('this is not HTTP\r\n\r\n'));
  const silent = await startUpstream(t, () => undefined);
  const gateway = await startGateway(t, {
    APP_UPSTREAM_CART: deadOrigin,
    APP_UPSTREAM_SEARCH: rude.url,
    APP_UPSTREAM_INVENTORY: babbling.url,
    APP_UPSTREAM_PRODUCT: silent.url,
  });
  const code = async (path: string): Promise<unknown> => (await gateway.call('GET', path)).json.code;
  t.is(await code('/api/v1/users'), 'upstream-not-deployed');
  t.is(await code('/api/v1/carts/1'), 'upstream-unavailable');
  t.is(await code('/api/v1/search'), 'bad-gateway');
  t.is(await code('/api/v1/availability'), 'bad-gateway');
  t.is(await code(product), 'upstream-timeout');
});

test('a caller that leaves ends the service’s request', async (t) => {
  const left = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const upstream = await startUpstream(t, (_, response) => {
    response.once('close', () => left.resolve());
    arrived.resolve();
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  const caller = new AbortController();
  const answer = fetch(gateway.url + product, { signal: caller.signal });
  await arrived.promise;
  caller.abort();
  await t.throwsAsync(answer);
  await t.notThrowsAsync(left.promise);
});

test('a response that breaks off is cut off, not completed', async (t) => {
  const upstream = await startUpstream(t, (_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('the beginning');
    setTimeout(() => response.destroy(), 50);
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  const answer = await fetch(gateway.url + product);
  t.is(answer.status, 200);
  await t.throwsAsync(answer.text());
});

test('a caller that takes nothing of its response loses it, and its service is free again', async (t) => {
  const free = Promise.withResolvers<void>();
  const upstream = await startUpstream(t, (_, response) => {
    response.once('close', () => free.resolve());
    const block = Buffer.alloc(1_048_576);
    const send = () => response.write(block, (error) => error ?? setImmediate(send));
    send();
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url, APP_CALLER_IDLE_TIMEOUT_MS: '300' });
  const caller = connect(Number(new URL(gateway.url).port), '127.0.0.1').pause();
  caller.on('error', () => undefined);
  t.teardown(() => caller.destroy());
  caller.write(`GET ${product} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await t.notThrowsAsync(free.promise);
});

test('50 MB pass through in each direction without being kept', async (t) => {
  const size = 50 * 1024 * 1024;
  const block = Buffer.alloc(65_536, 'x');
  let answered = 0;
  const upstream = await startUpstream(t, (incoming, response) => {
    let received = 0;
    incoming.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    incoming.on('end', () => {
      response.setHeader('x-received', received);
      const send = (): void => {
        while (answered < size) {
          answered += block.length;
          if (!response.write(block)) {
            response.once('drain', send);
            return;
          }
        }
        response.end();
      };
      send();
    });
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  const outgoing = request(`${gateway.url}/api/v1/imports`, { method: 'POST', headers: { 'content-length': size } });
  for (let sent = 0; sent < size; sent += block.length) if (!outgoing.write(block)) await once(outgoing, 'drain');
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage]; // the event's value
  t.is(Number(response.headers['x-received']), size);

  // A caller that does not read stops the whole chain: only the buffers in between fill.
  let before = -1;
  await waitUntil(() => {
    const isStill = answered === before;
    before = answered;
    return isStill;
  });
  t.true(answered < size / 2, `${answered} of ${size} bytes were taken although nobody read`);
  let received = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) received += chunk.length; // no encoding is set
  t.true(received >= size);
});

test('a body over the limit is refused, whether its length is declared or not', async (t) => {
  let reached = 0;
  const upstream = await startUpstream(t, (incoming, response) => {
    reached += 1;
    incoming.resume().on('end', () => response.end());
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  const declared = await fetch(gateway.url + product, { method: 'POST', body: Buffer.alloc(1_048_577) });
  t.is(declared.status, 413);
  t.is(reached, 0);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 40; index += 1) yield Buffer.alloc(65_536);
  };
  const streamed: RequestInit & { duplex: 'half' } = { method: 'POST', body: chunks() as never, duplex: 'half' }; // fetch takes iterables
  const chunked = await fetch(gateway.url + product, streamed).then(
    (answer) => answer.status,
    () => 413 /* the connection is cut while the body is still being sent */,
  );
  t.is(chunked, 413);
});

test('unknown paths, tunnels and traces lead nowhere', async (t) => {
  const upstream = await startUpstream(t, (_, response) => response.end('reached'));
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  t.is((await gateway.call('GET', '/api/v1/internal/products')).json.code, 'route-not-found');
  t.is((await gateway.call('GET', '/internal')).json.code, 'route-not-found');
  t.is((await gateway.call('GET', '/metrics')).json.code, 'route-not-found');
  const say = async (text: string): Promise<string> => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(text);
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.on('error', () => undefined);
    setTimeout(() => socket.end(), 300);
    await once(socket, 'close');
    return answer;
  };
  t.false((await say('CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n')).includes(' 200 '));
  t.regex(await say(`GET ${upstream.url}/ HTTP/1.1\r\nhost: x\r\n\r\n`), / 404 /);
  t.regex(await say('GET /api/v1/products/../users HTTP/1.1\r\nhost: x\r\n\r\n'), / 400 /);
  t.regex(await say('TRACE /api/v1/products HTTP/1.1\r\nhost: x\r\n\r\n'), / 405 /);
});

test('only listed pages may call from a browser', async (t) => {
  const upstream = await startUpstream(t, (_, response) => response.setHeader('vary', 'authorization').end('{}'));
  const gateway = await startGateway(t, {
    APP_UPSTREAM_PRODUCT: upstream.url,
    APP_CORS_ORIGINS: 'https://shop.example',
  });
  const ask = (origin: string): Promise<Response> =>
    fetch(gateway.url + product, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PATCH' } });
  const yes = await ask('https://shop.example');
  t.is(yes.status, 204);
  t.is(yes.headers.get('access-control-allow-origin'), 'https://shop.example');
  t.regex(yes.headers.get('access-control-allow-methods') ?? '', /PATCH/);
  t.is((await ask('https://evil.example')).headers.get('access-control-allow-origin'), null);
  const plain = await gateway.call('GET', product, { headers: { origin: 'https://shop.example' } });
  t.is(plain.headers.get('access-control-allow-origin'), 'https://shop.example');
  // A cache keeps answers to different pages, and to none, apart.
  t.is(plain.headers.get('vary'), 'origin, authorization');
  t.is((await gateway.call('GET', product)).headers.get('vary'), 'origin, authorization');
  t.is(plain.headers.get('strict-transport-security'), null);
  const secure = await gateway.call('GET', product, { headers: { 'x-forwarded-proto': 'https' } });
  t.regex(secure.headers.get('strict-transport-security') ?? '', /max-age/);
});

test('problem codes are explained', async (t) => {
  const gateway = await startGateway(t, {});
  t.like((await gateway.call('GET', '/problems/slug-taken')).json, { code: 'slug-taken', status: 409 });
  t.is((await gateway.call('GET', '/problems/toString')).json.code, 'not-found');
  t.true((await gateway.call('GET', '/problems')).json.items.length > 20);
});

test('without Redis the gateway is degraded, serves, and still limits', async (t) => {
  const upstream = await startUpstream(t, (_, response) => response.end('{}'));
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url, APP_RATE_LIMIT_GUEST_READ: '6' });
  const health = await gateway.call('GET', '/health');
  t.deepEqual([health.status, health.json], [200, { status: 'degraded', checks: { redis: 'failed' } }]);
  const statuses = [];
  for (let index = 0; index < 8; index += 1) statuses.push((await gateway.call('GET', product)).status);
  t.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  t.regex(metrics, /gateway_rate_limit_fallbacks_total\{service="gateway"\} 8/);
});

/** Asks a few times a second, as streams have no event for "nothing moves any more". */
async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 300));
}
