import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'ava';
import { sampleService } from '../testing/sample-service.ts';
import { startUnderTest } from '../testing/service-under-test.ts';

test('input is read, validated and answered', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const answer = await service.call('POST', '/greetings/de?loud=true', { body: { name: 'Ada' } });
  t.deepEqual(answer.json, { greeting: 'HALLO ADA' });
  t.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  t.is(answer.headers.get('x-content-type-options'), 'nosniff');
  t.is(answer.headers.get('cache-control'), 'no-store');
});

test('a handler knows from where a request comes: the gateway’s word, or else the peer', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const ask = async (forwarded?: string) => {
    const headers = { 'user-agent': 'test', ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }) };
    return (await service.call('GET', '/client', { headers })).json.greeting;
  };
  t.is(await ask('2001:db8::7'), '2001:db8::7 test');
  for (const nothing of [undefined, '', 'unknown', '203.0.113.1, 203.0.113.2'])
    t.is(await ask(nothing), '127.0.0.1 test');
});

test('a handler sees the headers and cookies that its declaration names, and no others', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const ask = async (headers: Record<string, string>) =>
    JSON.parse((await service.call('GET', '/proof', { headers })).json.greeting);
  t.deepEqual(await ask({ 'x-proof': 'a', 'x-other': 'b', cookie: 'other=1; proof=c' }), [
    { 'x-proof': 'a' },
    { proof: 'c' },
  ]);
  t.deepEqual(await ask({ cookie: ';;=' }), [{ 'x-proof': '' }, { proof: '' }]);
});

test('each kind of bad input has its own problem', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const post = async (path: string, body: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const response = await fetch(service.url + path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    const { code } = (await response.json()) as { code: string }; // a problem document
    return code;
  };
  t.is(await post('/greetings/de', '{"name":"Ada"'), 'malformed-request');
  t.is(await post('/greetings/de', '{"name":"\\u0000"}'), 'malformed-request');
  t.is(await post('/greetings/de', '{"__proto__":{}, "name":"Ada"}'), 'malformed-request');
  t.is(await post('/greetings/de', `${'['.repeat(30)}${']'.repeat(30)}`), 'malformed-request');
  t.is(await post('/greetings/de', `[${'0,'.repeat(400)}0]`), 'validation-failed');
  t.is(await post('/greetings/de', 'x'.repeat(1001)), 'payload-too-large');
  t.is(await post('/greetings/de', '{}', { 'content-type': 'text/plain' }), 'unsupported-media-type');
  t.is(await post('/greetings/de', '{}', { 'content-encoding': 'gzip' }), 'unsupported-media-type');
  t.is(await post('/greetings/fr', '{"name":"Ada"}'), 'invalid-parameter');
  t.is(await post('/greetings/de?loud=1', '{"name":"Ada"}'), 'invalid-parameter');
  t.is(await post('/greetings/de?x=1', '{"name":"Ada"}'), 'invalid-parameter');
  t.is(await post(`/greetings/de?x=${'x'.repeat(5000)}`, '{}'), 'uri-too-long');
});

test('faults of a body are pointed at', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const answer = await service.call('POST', '/greetings/de', { body: { nome: 'Ada' } });
  t.like(answer.json, {
    type: 'https://ecommerce.stack/problems/validation-failed',
    status: 422,
    errors: [
      { pointer: '#/name', detail: 'is required' },
      { pointer: '#/nome', detail: 'is not known here' },
    ],
  });
});

test('a defect shows its request id and nothing of its cause', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const answer = await service.call('GET', '/crash', { headers: { 'x-request-id': 'request-from-outside' } });
  t.is(answer.status, 500);
  t.is(answer.json.instance, 'urn:request:request-from-outside');
  t.is(answer.headers.get('x-request-id'), 'request-from-outside');
  t.false(answer.text.includes('secret'));
  const line = service.logs.find((entry) => entry['level'] === 'error');
  t.like(line, { requestId: 'request-from-outside', msg: 'a request failed' });
  t.true(JSON.stringify(line).includes('the secret cause'));
});

test('a response that breaks its description is a defect when it is checked', async (t) => {
  const strict = await startUnderTest(t, sampleService(), {});
  t.is((await strict.call('GET', '/leak')).status, 500);
  const sampled = await startUnderTest(t, sampleService(), { APP_RESPONSE_CHECK: 'sampled' });
  t.is((await sampled.call('GET', '/leak')).status, 200);
  t.true(sampled.logs.some((entry) => entry['msg'] === 'a response breaks the API description'));
});

test('roles decide, and a forged identity is no identity', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const status = async (path: string, options: object): Promise<number> =>
    (await service.call('GET', path, options)).status;
  t.is(await status('/admins', { roles: ['admin'] }), 200);
  t.is(await status('/admins', { roles: ['customer'] }), 403);
  t.is(await status('/admins', {}), 401);
  t.is(await status('/members', { roles: [] }), 200);
  t.is(await status('/members', { headers: { 'x-internal-identity': 'a.b.c' } }), 401);
});

test('a caller can shorten the time but not lengthen it', async (t) => {
  const seen: number[] = [];
  const service = await startUnderTest(t, sampleService({ onWait: (signal) => seen.push(signal.aborted ? 1 : 0) }), {});
  t.is((await service.call('GET', '/wait', { headers: { 'x-deadline-ms': '0' } })).json.code, 'deadline-exceeded');
  t.is((await service.call('GET', '/wait', { headers: { 'x-deadline-ms': '-5' } })).status, 200);
  t.is((await service.call('GET', '/wait', { headers: { 'x-deadline-ms': '500' } })).status, 200);
  t.deepEqual(seen, [0, 0]);
});

test('when the caller leaves, the work of the request is told', async (t) => {
  const aborted = Promise.withResolvers<unknown>();
  const started = Promise.withResolvers<void>();
  const onWait = (signal: AbortSignal): void => {
    signal.addEventListener('abort', () => aborted.resolve(signal.reason));
    started.resolve();
  };
  const service = await startUnderTest(t, sampleService({ onWait, gate: new Promise(() => undefined) }), {});
  const caller = new AbortController();
  const request = fetch(`${service.url}/wait`, { signal: caller.signal });
  await started.promise;
  caller.abort();
  await t.throwsAsync(request);
  t.regex(String(await aborted.promise), /caller closed/);
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  t.regex(metrics, /http_requests_total\{method="GET",route="\/wait",status="499"/);
});

test('a broken HTTP message is answered with a problem', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  const say = async (text: string): Promise<string> => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.end(text);
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    await once(socket, 'close');
    return answer;
  };
  t.regex(await say('NONSENSE\r\n\r\n'), /^HTTP\/1.1 400 .*"code":"malformed-request"/s);
  t.regex(
    await say(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1.1 431 .*headers-too-large/s,
  );
  t.regex(
    await say('POST /greetings/de HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'),
    /^HTTP\/1.1 400/,
  );
});

test('requests are counted by template and status, and logged without their query', async (t) => {
  const service = await startUnderTest(t, sampleService(), {});
  await service.call('POST', '/greetings/en?loud=true', { body: { name: 'Ada' } });
  await service.call('GET', '/nowhere/42');
  await service.call('GET', '/refuse');
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  for (const labels of [
    'method="POST",route="/greetings/{language}",status="200"',
    'method="GET",route="unmatched",status="404"',
    'method="GET",route="/refuse",status="503"',
  ]) {
    t.true(metrics.includes(`http_requests_total{${labels}`), labels);
  }
  t.true(
    metrics.includes(
      'http_request_duration_seconds_bucket{le="1",service="sample",method="POST",route="/greetings/{language}"} 1',
    ),
  );
  const line = service.logs.find((entry) => entry['msg'] === 'request');
  t.like(line, { method: 'POST', route: '/greetings/{language}', path: '/greetings/en', status: 200 });
  t.false(JSON.stringify(service.logs).includes('loud'));
});
