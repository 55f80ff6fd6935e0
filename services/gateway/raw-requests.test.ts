/** Requests that two readers could understand in two ways, said to the socket as no client would. */
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { startGateway, startUpstream } from './testing/gateway-under-test.ts';

/** A gateway, and what reached the service behind it. */
async function start(t: ExecutionContext) {
  const reached: string[] = [];
  const upstream = await startUpstream(t, (request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.end('{}'));
  });
  const gateway = await startGateway(t, { APP_UPSTREAM_PRODUCT: upstream.url });
  const port = Number(new URL(gateway.url).port);
  /** Resolves with all that was answered once the gateway has closed the connection; fails after five seconds. */
  const say = async (text: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.write(text, 'latin1');
    await once(socket, 'close', { signal: AbortSignal.timeout(5000) });
    return answer;
  };
  return { say, reached };
}

const smuggled = 'GET /api/v1/products/smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
const chunks = `0\r\n\r\n${smuggled}`;
const post = (headers: string, body: string) =>
  `POST /api/v1/products HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n${body}`;

const ambiguous: Readonly<Record<string, string>> = {
  'two lengths': post('content-length: 3\r\ncontent-length: 60', `abc${smuggled}`),
  'one length twice': post('content-length: 3\r\ncontent-length: 3', `abc${smuggled}`),
  'a list of lengths': post('content-length: 3, 3', `abc${smuggled}`),
  'a length with a sign': post('content-length: +3', `abc${smuggled}`),
  'a length in hexadecimal': post('content-length: 0x3', `abc${smuggled}`),
  'length and chunks': post('content-length: 3\r\ntransfer-encoding: chunked', chunks),
  'chunks and length': post('transfer-encoding: chunked\r\ncontent-length: 3', chunks),
  'chunks that are not last': post('transfer-encoding: chunked, identity', chunks),
  'something like chunks': post('transfer-encoding: xchunked', chunks),
  'chunks after a control character': post('transfer-encoding: \u000bchunked', chunks),
  'chunks twice': post('transfer-encoding: chunked\r\ntransfer-encoding: identity', chunks),
  'a space before the colon': post('transfer-encoding : chunked', chunks),
  'a folded header': post('x-folded: a\r\n b\r\ncontent-length: 3', `abc${smuggled}`),
  'a folded encoding': post('transfer-encoding:\r\n chunked', chunks),
  'bare line feeds': `POST /api/v1/products HTTP/1.1\nhost: x\ncontent-length: 3\n\nabc${smuggled}`,
  'a bare line feed among others': post('x-a: b\ncontent-length: 3', `abc${smuggled}`),
  'a bare carriage return': post('x-a: b\rcontent-length: 3', `abc${smuggled}`),
  'a NUL in a header': post('x-a: b\u0000\r\ncontent-length: 3', `abc${smuggled}`),
  'no host': `GET /api/v1/products HTTP/1.1\r\n\r\n${smuggled}`,
};

for (const [name, text] of Object.entries(ambiguous)) {
  test(`refused before anything reaches a service: ${name}`, async (t) => {
    const { say, reached } = await start(t);
    const answer = await say(text);
    t.regex(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    t.is(answer.split('HTTP/1.1 ').length, 2, 'one answer, and the connection is closed');
    t.deepEqual(reached, []);
  });
}

test('what follows a chunk whose size is none is no request', async (t) => {
  const { say, reached } = await start(t);
  for (const size of ['10000000000000003', '0x3', '-3', '3 ', ''])
    t.regex(await say(post('transfer-encoding: chunked', `${size}\r\nabc\r\n${chunks}`)), /^HTTP\/1\.1 400 /, size);
  t.false(reached.some((request) => request.includes('smuggled')));
});

test('a request for two hosts is refused: another reader might take the other one', async (t) => {
  const { say, reached } = await start(t);
  for (const path of ['/api/v1/products', '/bff/home', '/problems'])
    t.regex(
      await say(`GET ${path} HTTP/1.1\r\nhost: x\r\nHost: y\r\nconnection: close\r\n\r\n`),
      /^HTTP\/1\.1 400 [\s\S]*"code":"malformed-request"/,
    );
  t.deepEqual(reached, []);
});

test('the same caller is heard when it speaks clearly', async (t) => {
  const { say, reached } = await start(t);
  const close = 'connection: close\r\n';
  t.regex(await say(post(`${close}content-length: 3`, 'abc')), /^HTTP\/1\.1 200 /);
  t.regex(await say(post(`${close}transfer-encoding: chunked`, '3\r\nabc\r\n0\r\n\r\n')), /^HTTP\/1\.1 200 /);
  t.deepEqual(reached, ['POST /api/v1/products', 'POST /api/v1/products']);
});
