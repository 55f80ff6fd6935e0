import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createReadiness } from '../health.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { createPublicServer, type PublicServerOptions, type RequestHandler } from './server.ts';

const quick = {
  keepAliveTimeout: 65_000,
  headersTimeout: 300,
  requestTimeout: 600,
  connectionsCheckingInterval: 20,
  maxHeaderSize: 16_384,
};

function createTestServer(options: Pick<PublicServerOptions, 'handler' | 'limits'>): Server {
  const readiness = createReadiness(() => undefined);
  return createPublicServer({ readiness, logger: silentLogger, metrics: createMetrics('test', '1').http, ...options });
}

/** A server that is soon tired of waiting, and a caller that says `text` and holds on to its end of the connection. */
async function say(t: ExecutionContext, handler: RequestHandler, text: string) {
  const server = createTestServer({ handler, limits: quick }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const socket = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const begun = performance.now();
  socket.write(text);
  const received = await untilEnd(socket);
  const tookMs = performance.now() - begun;
  const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  while ((await connections()) !== 0) await new Promise((resolve) => setTimeout(resolve, 10));
  return { received, tookMs };
}

async function untilEnd(socket: Socket): Promise<string> {
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return received;
}

const echo: RequestHandler = (request, response) => void request.pipe(response.writeHead(200));
const patient: RequestHandler = (request, response) => void request.resume().on('end', () => response.end('done'));

test('a head or a body that does not come to its end is told so, and its connection is free again', async (t) => {
  for (const [text, atLeastMs] of [
    ['GET / HTTP/1.1\r\nhost: x\r\nx-slow: ', 250],
    ['POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf', 550],
    ['POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nha', 550],
  ] as const) {
    const { received, tookMs } = await say(t, patient, text);
    t.regex(received, /^HTTP\/1\.1 408 Request Timeout\r\n/, text);
    t.regex(received, /content-type: application\/problem\+json\r\n[\s\S]*"code":"request-timeout"/);
    t.true(tookMs >= atLeastMs && tookMs < 10_000, `${tookMs} ms`);
  }
});

test('a response that has begun is cut off when the rest of its request does not come, not continued by a problem', async (t) => {
  const { received } = await say(t, echo, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
  t.regex(received, /^HTTP\/1\.1 200 OK\r\n[\s\S]*half/);
  t.false(received.includes('408'), received);
  t.false(received.endsWith('0\r\n\r\n'), 'its caller must see that it is not whole');
});

test('what is late is noticed within a second', (t) => {
  const server = createTestServer({ handler: patient });
  t.deepEqual([server.headersTimeout, server.requestTimeout], [20_000, 30_000]);
  t.is(Reflect.get(server, 'connectionsCheckingInterval'), 1000);
  server.close();
});
