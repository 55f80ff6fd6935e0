import type { RequestListener } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import { deadOrigin, startGateway, startUpstream } from './testing/gateway-under-test.ts';

const product = '/api/v1/products';

async function start(t: ExecutionContext, listener: RequestListener) {
  const upstream = await startUpstream(t, listener);
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url, APP_RATE_LIMIT: 'off' });
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    return Number(new RegExp(`^${name}\\{[^}]*upstream="product"[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const ask = (method = 'GET', body?: unknown) => gateway.call(method, product, body === undefined ? {} : { body });
  return { gateway, metric, ask };
}

test('a request that may be repeated is, once, when its connection breaks off', async (t) => {
  const deadlines: number[] = [];
  const { ask, metric } = await start(t, (request, response) => {
    deadlines.push(Number(request.headers['x-deadline-ms']));
    if (deadlines.length % 2 === 1) request.socket.destroy();
    else response.end('{}');
  });
  for (const method of ['GET', 'DELETE', 'PUT']) t.is((await ask(method)).status, 200, method);
  t.is(deadlines.length, 6);
  const [first = 0, second = 0] = deadlines;
  t.true(second <= first && second > 0);
  t.is(await metric('gateway_upstream_retries_total'), 3);
});

test('what would be done twice is not repeated, nor what has a body, nor what has begun, nor a timeout', async (t) => {
  let reached = 0;
  const { ask, gateway } = await start(t, (request, response) => {
    reached += 1;
    if (request.url?.endsWith('slow')) return;
    if (request.url?.endsWith('begun')) response.writeHead(200, { 'content-length': '9' }).write('x');
    request.resume().once('end', () => setImmediate(() => request.socket.destroy()));
  });
  t.is((await ask('POST')).json.code, 'bad-gateway');
  t.is((await ask('POST', {})).json.code, 'bad-gateway');
  t.is((await ask('PUT', {})).json.code, 'bad-gateway');
  t.is(reached, 3);
  await t.throwsAsync(gateway.call('GET', `${product}/begun`));
  t.is(reached, 4);
  t.is((await gateway.call('GET', `${product}/slow`)).json.code, 'upstream-timeout');
  t.is(reached, 5);
});

test('of many failures a few are repeated: the rest would only be more load', async (t) => {
  let reached = 0;
  // Answers that say something is wrong but not that the service is unwell keep the breaker closed.
  const { ask } = await start(t, (request, response) => {
    reached += 1;
    if (reached % 3 === 0) request.socket.destroy();
    else response.writeHead(500).end('{}');
  });
  let failed = 0;
  for (let index = 0; index < 120; index += 1) failed += (await ask()).status === 502 ? 1 : 0;
  const repeated = reached - 120;
  t.true(repeated >= 10 && repeated <= 22, `${repeated} of 120`);
  t.true(failed >= 15, `${failed}`);
});

test('a service that fails all the time is left alone, tried again, and trusted when it does well', async (t) => {
  let isWell = false;
  let reached = 0;
  const { ask, metric, gateway } = await start(t, (request, response) => {
    reached += 1;
    if (isWell) response.end('{}');
    else request.socket.destroy();
  });
  for (let index = 0; index < 20; index += 1) t.is((await ask('POST')).json.code, 'bad-gateway');
  const refused = await ask();
  t.is(refused.json.code, 'upstream-unavailable');
  t.true(Number(refused.headers.get('retry-after')) >= 1 && Number(refused.headers.get('retry-after')) <= 5);
  t.is(reached, 20, 'it is not asked');
  t.is(await metric('gateway_breaker_open'), 1);
  t.is((await gateway.call('GET', '/api/v1/carts')).json.code, 'upstream-not-deployed', 'others are not concerned');
  isWell = true;
  const isBack = async () => (await ask()).status === 200;
  await waitFor('it is tried again', isBack, { timeoutMs: 30_000, intervalMs: 200 });
  const isTrusted = async () => {
    await ask();
    return (await metric('gateway_breaker_open')) === 0;
  };
  await waitFor('it is trusted', isTrusted, { timeoutMs: 30_000 });
  const statuses = await Promise.all(Array.from({ length: 30 }, () => ask()));
  t.true(statuses.every(({ status }) => status === 200));
});

test('a service that says it cannot work now is asked on: what it can still do goes on', async (t) => {
  const { ask, metric } = await start(t, (request, response) => {
    response.writeHead(request.method === 'GET' ? 200 : 503).end('{}');
  });
  for (let index = 0; index < 40; index += 1) t.is((await ask('POST')).status, 503);
  t.is(await metric('gateway_breaker_open'), 0);
  t.is((await ask()).status, 200);
});

test('a service that is away is found out by its callers, and then by nobody for a while', async (t) => {
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: deadOrigin, APP_RATE_LIMIT: 'off' });
  const answers = [];
  for (let index = 0; index < 40; index += 1) answers.push(await gateway.call('GET', product));
  t.true(answers.every(({ json }) => json.code === 'upstream-unavailable'));
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  t.regex(metrics, /gateway_upstream_requests_total\{[^}]*outcome="refused"[^}]*\} \d+/);
  const [, unreachable] = /outcome="unreachable"[^}]*\} (\d+)/.exec(metrics) ?? [];
  t.true(Number(unreachable) <= 21, `${unreachable} attempts`);
});

test('a service that hangs holds up itself alone, and a purchase there is served before a page', async (t) => {
  const held: (() => void)[] = [];
  const seen: string[] = [];
  const slow = await startUpstream(t, (request, response) => {
    seen.push(request.url ?? '');
    held.push(() => response.end('{}'));
  });
  const quick = await startUpstream(t, (_, response) => response.end('{}'));
  const gateway = await startGateway(t, {
    APP_UPSTREAM_PAYMENT: slow.url,
    APP_UPSTREAM_SEARCH: quick.url,
    APP_UPSTREAM_CONNECTIONS: '2',
    APP_MAX_WAIT_MS: '30000',
    APP_RATE_LIMIT: 'off',
  });
  const metric = async (state: string) => {
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    return Number(
      new RegExp(`^http_admission_requests\\{admission="payment",state="${state}"[^}]*\\} (\\S+)$`, 'm').exec(
        text,
      )?.[1],
    );
  };
  const until = (state: string, count: number) =>
    waitFor(`${count} ${state}`, async () => (await metric(state)) === count, { timeoutMs: 10_000, intervalMs: 5 });
  const first = [gateway.call('GET', '/api/v1/payment-intents/1'), gateway.call('GET', '/api/v1/payment-intents/2')];
  await until('running', 2);
  const waiting = Array.from({ length: 8 }, (_, index) => gateway.call('GET', `/api/v1/payment-intents/${index + 3}`));
  await until('waiting', 8);
  t.is((await gateway.call('GET', '/api/v1/payment-intents/9')).json.code, 'overloaded');
  t.is((await gateway.call('GET', '/api/v1/search')).status, 200);
  t.is(seen.length, 2);
  while (seen.length < 10 || held.length > 0) {
    held.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const answer of await Promise.all([...first, ...waiting])) t.is(answer.status, 200);
  await until('running', 0);
});

test('a caller that leaves while it waits, or while it is served, gives its place back', async (t) => {
  const upstream = await startUpstream(t, () => undefined);
  const gateway = await startGateway(t, {
    APP_UPSTREAM_PRODUCT: upstream.url,
    APP_UPSTREAM_CONNECTIONS: '1',
    APP_RATE_LIMIT: 'off',
  });
  const metrics = async () => (await fetch(`${gateway.adminUrl}/metrics`)).text();
  const until = (state: string, count: number) =>
    waitFor(
      `${count} ${state}`,
      async () =>
        (await metrics()).includes(
          `http_admission_requests{admission="product",state="${state}",service="gateway"} ${count}`,
        ),
      { timeoutMs: 10_000, intervalMs: 5 },
    );
  const caller = new AbortController();
  const calls = [1, 2].map(() => gateway.call('GET', product, { signal: caller.signal }).catch(() => 'gone'));
  await until('waiting', 1);
  caller.abort();
  t.deepEqual(await Promise.all(calls), ['gone', 'gone']);
  await until('running', 0);
  await until('waiting', 0);
});
