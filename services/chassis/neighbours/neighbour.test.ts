import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { parseTraceId } from '#contracts/headers.ts';
import { fixed } from '../config/live.ts';
import { RequestContext, runInContext } from '../context.ts';
import { verifyInternalIdentity } from '../identity/internal-identity.ts';
import { ProblemError } from '../problem.ts';
import { NeighbourError, type NeighbourOptions, openNeighbour } from './neighbour.ts';

const keys = ['a-key-for-tests-of-at-least-32-characters'];
const answerSchema = z.looseObject({ items: z.array(z.string()) });
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A neighbour that answers as the test says. */
async function start(t: ExecutionContext, listener: RequestListener, changes: Partial<NeighbourOptions> = {}) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  const registry = new Registry();
  const base = { name: 'product', timeoutMs: 10_000, caller: 'search', keys: fixed(keys), registry } as const;
  const neighbour = openNeighbour({ ...base, origin: `http://127.0.0.1:${port}`, ...changes });
  t.teardown(async () => {
    server.closeAllConnections();
    await Promise.all([neighbour.close(), new Promise((resolve) => server.close(resolve))]);
  });
  const counts = async () => {
    const metric = (await registry.getSingleMetric('neighbour_request_duration_seconds')?.get())?.values ?? [];
    const rows = metric as readonly { metricName?: string; labels: Record<string, unknown>; value: number }[]; // of a histogram
    const totals = rows.filter(({ metricName }) => metricName?.endsWith('_count'));
    return totals.map(({ labels, value }) => `${labels['neighbour']} ${labels['outcome']} ${value}`);
  };
  return { neighbour, seen, counts };
}

const answering =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(body);

test('a call has the name of its caller, the trace, the request and the time that is left', async (t) => {
  const { neighbour, seen, counts } = await start(t, answering(200, '{"items":["a"],"more":1}'));
  const context = new RequestContext('a-request-of-mine', traceId, performance.now());
  context.limitTime(5000);
  t.deepEqual(await runInContext(context, () => neighbour.get('/things?ids=a', answerSchema)), {
    items: ['a'],
    more: 1,
  });
  await neighbour.get('/things', answerSchema);
  const [inRequest, inBackground] = seen.map(({ url, headers }) => ({
    url,
    requestId: headers['x-request-id'],
    traceId: parseTraceId(headers['traceparent']),
    deadlineMs: Number(headers['x-deadline-ms']),
    identity: verifyInternalIdentity(String(headers['x-internal-identity']), keys, Date.now()),
  }));
  t.like(inRequest, { url: '/things?ids=a', requestId: 'a-request-of-mine', traceId });
  t.true((inRequest?.deadlineMs ?? 0) > 0 && (inRequest?.deadlineMs ?? 0) <= 5000);
  t.like(inBackground, { requestId: undefined, deadlineMs: 10_000 });
  t.is(inBackground?.traceId?.length, 32, 'a trace begins');
  for (const call of [inRequest, inBackground]) t.deepEqual(call?.identity, { subject: 'search', roles: ['service'] });
  t.deepEqual(await counts(), ['product ok 2']);
});

test('what is no usable answer is one kind of error that says what came', async (t) => {
  const cases: readonly (readonly [RequestListener, number | undefined, RegExp])[] = [
    [answering(503, '{"code":"service-unavailable"}'), 503, /answered 503.*service-unavailable/],
    [answering(404, ''), 404, /answered 404$/],
    [(_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), 302, /answered 302/],
    [answering(500, 'x'.repeat(1_000_000)), 500, /answered 500$/],
    [answering(200, '{"items":"none"}'), undefined, /items/],
    [answering(200, 'not json'), undefined, /not valid JSON/],
    [answering(200, `{"items":["${'x'.repeat(9 * 1024 * 1024)}"]}`), undefined, /more than 8388608 bytes/],
    [(request) => request.socket.destroy(), undefined, /product service/],
  ];
  for (const [listener, status, message] of cases) {
    const { neighbour, counts } = await start(t, listener);
    const error = await t.throwsAsync(neighbour.get('/things', answerSchema), { instanceOf: NeighbourError, message });
    t.is(error?.status, status, String(message));
    t.deepEqual(await counts(), ['product failed 1']);
  }
});

test('a silent neighbour is given up after the timeout; without time left nobody is asked', async (t) => {
  const { neighbour, seen } = await start(t, () => undefined, { timeoutMs: 50 });
  await t.throwsAsync(neighbour.get('/things', answerSchema), {
    instanceOf: NeighbourError,
    message: /no answer within 50 ms/,
  });
  t.is(seen.length, 1);
  const context = new RequestContext('a-request-of-mine', undefined, performance.now());
  context.limitTime(0);
  const late = runInContext(context, () => neighbour.get('/things', answerSchema));
  await t.throwsAsync(late, { instanceOf: NeighbourError, message: /no time is left/ });
  t.is(seen.length, 1);
});

test('when the caller of a request leaves, the neighbour is not asked any longer, and is not blamed', async (t) => {
  const asked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const { neighbour, counts } = await start(t, (_, response) => {
    response.once('close', () => ended.resolve());
    asked.resolve();
  });
  const context = new RequestContext('a-request-of-mine', undefined, performance.now());
  const call = runInContext(context, () => neighbour.get('/things', answerSchema));
  await asked.promise;
  const begun = performance.now();
  context.cancel(new Error('the caller has gone'));
  const error = await t.throwsAsync(call, { instanceOf: ProblemError, code: 'deadline-exceeded' });
  t.is(error?.cause, context.cancelled);
  await ended.promise;
  t.true(performance.now() - begun < 5000);
  t.deepEqual(await counts(), ['product cancelled 1']);
  const late = runInContext(context, () => neighbour.get('/things', answerSchema));
  await t.throwsAsync(late, { instanceOf: ProblemError });
});

test('a neighbour that cannot be reached is no answer', async (t) => {
  const { neighbour } = await start(t, () => undefined, { origin: 'http://127.0.0.1:1' });
  const error = await t.throwsAsync(neighbour.get('/things', answerSchema), { instanceOf: NeighbourError });
  t.is(error?.status, undefined);
  t.truthy(error?.cause);
});
