import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import type { KubeConnection } from './connection.ts';
import { ConflictError, ForbiddenError, InvalidError, KubeError, NotFoundError, TransientError } from './errors.ts';
import { createKubeMetrics } from './metrics.ts';
import { connectTo, FaultServer, type FaultSetup, sendJson, sendStatus } from './testing/fault-server.ts';
import { script } from './testing/watch-api.ts';
import { type CallRequest, createTransport } from './transport.ts';

const operation = { verb: 'get', resource: 'pods', subject: 'v1/Pod shop/a' };
const get: CallRequest = { method: 'GET', path: '/api/v1/pods', operation };
const post: CallRequest = { ...get, method: 'POST', body: '{}' };

async function start(t: ExecutionContext): Promise<FaultSetup & { readonly server: FaultServer }> {
  const server = await FaultServer.start();
  const setup = connectTo(server);
  t.teardown(async () => {
    await setup.transport.close();
    await server.close();
  });
  return { ...setup, server };
}

async function failure(t: ExecutionContext, promise: Promise<unknown>): Promise<KubeError> {
  const error = await t.throwsAsync(promise, { instanceOf: KubeError });
  return error ?? t.fail();
}

for (const [code, expected] of [
  [400, InvalidError],
  [403, ForbiddenError],
  [404, NotFoundError],
  [409, ConflictError],
  [422, InvalidError],
  [401, TransientError],
  [500, TransientError],
  [503, TransientError],
] as const) {
  test(`an answer ${code} becomes ${expected.name} with the server's sentence`, async (t) => {
    const { server, transport } = await start(t);
    const causes = [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message: 'Invalid value: -1' }];
    server.answer = (_request, response) =>
      sendStatus(response, { code, reason: 'SomeReason', message: 'what the server says', details: { causes } });
    const error = await failure(t, transport.call(get));
    t.true(error instanceof expected);
    t.is(error.message, `get v1/Pod shop/a: what the server says (HTTP ${code})`);
    t.is(error.reason, 'SomeReason');
    t.is(error.status, code);
    t.is(error.terminal, expected === InvalidError);
    t.deepEqual(error.causes, causes);
  });
}

test('an answer that is no Status keeps its first words', async (t) => {
  const { server, transport } = await start(t);
  server.answer = (_request, response) => response.writeHead(502).end('<html>bad gateway</html>');
  const error = await failure(t, transport.call(get));
  t.true(error instanceof TransientError);
  t.is(error.message, 'get v1/Pod shop/a: <html>bad gateway</html> (HTTP 502)');
});

test('a short Retry-After is waited for, also by a POST that the server has refused', async (t) => {
  const { server, transport, registry } = await start(t);
  script(
    server,
    (_request, response) => sendStatus(response, { code: 429, reason: 'TooManyRequests', message: '', retryAfter: 1 }),
    (_request, response) => sendJson(response, { ok: true }),
  );
  t.deepEqual((await transport.call(post)).body, { ok: true });
  const [first, second] = server.requests;
  t.true((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990);
  t.regex(await registry.metrics(), /rest_client_request_retries_total\{code="429",verb="POST",host="[^"]+"\} 1/);
});

test('a long Retry-After is handed to the caller', async (t) => {
  const { server, transport } = await start(t);
  server.answer = (_request, response) =>
    sendStatus(response, { code: 429, reason: 'TooManyRequests', message: 'later', retryAfter: 7 });
  const error = await failure(t, transport.call(get));
  t.is(error.retryAfterMs, 7_000);
  t.is(server.requests.length, 1);
});

test('Retry-After gives up after three attempts', async (t) => {
  const { server, transport } = await start(t);
  server.answer = (_request, response) =>
    sendStatus(response, { code: 503, reason: 'ServiceUnavailable', message: '', retryAfter: 1 });
  await failure(t, transport.call(get));
  t.is(server.requests.length, 3);
});

test('a reset connection is tried once more, but not for a POST, which may have been done', async (t) => {
  const { server, transport } = await start(t);
  const reset: FaultServer['answer'] = (_request, response) => response.socket?.resetAndDestroy();
  script(server, reset, (_request, response) => sendJson(response, { ok: true }));
  t.deepEqual((await transport.call(get)).body, { ok: true });
  script(server, reset);
  const error = await failure(t, transport.call(post));
  t.true(error instanceof TransientError);
  t.is(error.status, 0);
  t.is(server.requests.filter(({ method }) => method === 'POST').length, 1);
});

test('a server that takes too long is given up', async (t) => {
  const { server, transport, registry } = await start(t);
  server.answer = () => undefined;
  const error = await failure(t, transport.call({ ...get, timeoutMs: 1_000 }));
  t.true(error instanceof TransientError);
  t.regex(error.message, /Timeout/i);
  t.regex(await registry.metrics(), /rest_client_requests_total\{code="<error>",method="GET"/);
});

test('an aborted call rejects with the reason of the abort', async (t) => {
  const { server, transport } = await start(t);
  server.answer = () => undefined;
  const abort = new AbortController();
  const call = transport.call({ ...get, signal: abort.signal });
  abort.abort(new Error('the pass took too long'));
  t.is((await failure(t, call)).message, 'get v1/Pod shop/a: the pass took too long (Error)');
});

test('nobody listening is a transient error that names the address', async (t) => {
  const { server, transport } = await start(t);
  await server.close();
  const error = await failure(t, transport.call(get));
  t.is(error.reason, 'ECONNREFUSED');
  t.regex(error.message, /ECONNREFUSED 127\.0\.0\.1/);
});

test('refused credentials are read again once', async (t) => {
  const server = await FaultServer.start();
  let token = 'old';
  const connection: KubeConnection = {
    ...server.connection,
    server: server.connection.server,
    credentials: (options) => {
      if (options?.fresh === true) {
        token = 'new';
      }
      return Promise.resolve({ headers: { authorization: `Bearer ${token}` }, tls: { rejectUnauthorized: true } });
    },
  };
  const transport = createTransport({ connection, metrics: createKubeMetrics(new Registry()) });
  server.answer = ({ headers }, response) =>
    headers.authorization === 'Bearer new'
      ? sendJson(response, { ok: true })
      : sendStatus(response, { code: 401, reason: 'Unauthorized', message: 'token expired' });
  t.deepEqual((await transport.call(get)).body, { ok: true });
  t.is(server.requests.length, 2);
  await transport.close();
  await server.close();
});

test('calls share a few connections and ask for no compression', async (t) => {
  const { server, transport, registry } = await start(t);
  server.answer = (_request, response) => sendJson(response, {});
  await Promise.all(Array.from({ length: 200 }, () => transport.call(get)));
  t.is(server.requests.length, 200);
  t.is(server.requests[0]?.headers['accept-encoding'], undefined);
  const opened = /ecommerce_kube_connections_total\{purpose="calls"\} (\d+)/.exec(await registry.metrics())?.[1];
  t.true(Number(opened) <= 12, `${opened} connections`);
});
