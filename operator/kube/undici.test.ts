import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { Agent, Pool, request } from './undici.ts';

test('these are the classes that the index of undici exports', (t) => {
  const index = createRequire(import.meta.url)('undici');
  t.is(index.Pool, Pool);
  t.is(index.Agent, Agent);
});

test('a request has path, query, headers and body', async (t) => {
  const server = createServer((message, response) => {
    void text(message).then((body) => {
      response.end(JSON.stringify([message.method, message.url, message.headers['x-one'], body]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dispatcher = new Agent({ connections: 1 });
  t.teardown(async () => {
    await dispatcher.close();
    server.close();
  });
  // `as`: a server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  const options = { dispatcher, method: 'POST', headers: { 'x-one': 'a' }, body: 'text' } as const;
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/path?a=b`, options);
  t.is(statusCode, 200);
  t.deepEqual(await body.json(), ['POST', '/path?a=b', 'a', 'text']);
});
