import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import { httpSettings, identitySettings, processSettings } from '../config/base.ts';
import { createService } from '../service.ts';
import { startUnderTest } from '../testing/service-under-test.ts';
import { byteStream } from './body.ts';
import { describeApi } from './openapi.ts';
import { routesWith } from './route.ts';

const route = routesWith<Record<string, never>>();

const count = route(
  {
    operationId: 'countBytes',
    method: 'POST',
    path: '/bytes',
    summary: 'Count bytes',
    tag: 'streams',
    access: 'public',
    body: { schema: byteStream, description: 'Bytes.', mediaTypes: ['text/csv'], limitBytes: 1000, isStream: true },
    responses: { 200: { description: 'Their number.', schema: z.strictObject({ count: z.int() }) } },
  },
  async ({ body }) => {
    let size = 0;
    for await (const chunk of body.chunks) size += chunk.length;
    return { status: 200, body: { count: size } };
  },
);

const send = route(
  {
    operationId: 'sendBytes',
    method: 'GET',
    path: '/bytes',
    summary: 'Send bytes',
    tag: 'streams',
    access: 'public',
    query: z.strictObject({ mediaType: z.string(), fails: z.string().optional() }),
    responses: { 200: { description: 'Bytes.', mediaTypes: ['text/csv'] } },
  },
  async ({ query: { mediaType, fails } }) => {
    const source = async function* () {
      yield 'a,b\n'.repeat(1000);
      if (fails !== undefined) throw new Error('the source fails');
      yield 'end';
    };
    return { status: 200, stream: { mediaType, source: Readable.from(source()) } };
  },
);

const definition = createService({
  name: 'streams',
  title: 'Streams',
  description: 'For tests.',
  settings: { process: processSettings, http: httpSettings(0), identity: identitySettings },
  routes: [count, send],
  build: () => ({}),
});
const start = (t: ExecutionContext) => startUnderTest(t, definition, {});
const headers = { 'content-type': 'text/csv' };

test('a body that is a stream is handed on unread, up to its limit', async (t) => {
  const service = await start(t);
  t.deepEqual((await service.call('POST', '/bytes', { bytes: 'x'.repeat(1000), headers })).json, { count: 1000 });
  t.deepEqual((await service.call('POST', '/bytes', { bytes: '', headers })).json, { count: 0 });
  t.is((await service.call('POST', '/bytes', { bytes: 'x'.repeat(1001), headers })).json.code, 'payload-too-large');
  t.is((await service.call('POST', '/bytes', { body: {} })).json.code, 'unsupported-media-type');
  const outgoing = request(`${service.url}/bytes`, { method: 'POST', headers });
  // Without a length: counted as it comes.
  for (let part = 0; part < 20; part += 1) outgoing.write('x'.repeat(100));
  const [response] = await once(outgoing, 'response');
  t.is(response.statusCode, 413);
  outgoing.destroy();
});

test('a reply that is a stream is sent as it comes; one that fails in the middle is not taken for the whole', async (t) => {
  const service = await start(t);
  const whole = await service.call('GET', '/bytes?mediaType=text/csv');
  t.is(whole.headers.get('content-type'), 'text/csv');
  t.true(whole.text.endsWith('end'));
  t.is((await service.call('HEAD', '/bytes?mediaType=text/csv')).text, '');
  await t.throwsAsync(service.call('GET', '/bytes?mediaType=text/csv&fails=1'));
  t.is((await service.call('GET', '/bytes?mediaType=text/html')).status, 500, 'a type that is not declared');
});

test('streams are described by their media types', (t) => {
  const { paths } = describeApi({ title: '', description: '', version: '1' }, definition.routes);
  const operations = (paths as Record<string, Record<string, { requestBody?: unknown; responses: unknown }>>)['/bytes'];
  t.like(operations?.['post'], { requestBody: { content: { 'text/csv': { schema: { type: 'string' } } } } });
  t.like(operations?.['get'], { responses: { 200: { content: { 'text/csv': { schema: { type: 'string' } } } } } });
});
