import test from 'ava';
import { readHttp } from './http.ts';
import { readKafka } from './kafka.ts';
import { readPostgres } from './postgres.ts';
import { readRedis } from './redis.ts';
import type { WireReader } from './wire.ts';

/** One message of PostgreSQL's protocol: its type, its length, its body. */
function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + Buffer.byteLength(body));
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
}

function resp(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

function kafkaRequest(key: number, body = 'x'): Buffer {
  const head = Buffer.alloc(6);
  head.writeInt32BE(2 + body.length);
  head.writeInt16BE(key, 4);
  return Buffer.concat([head, Buffer.from(body)]);
}

const streams: readonly [string, () => WireReader, Buffer, readonly string[]][] = [
  [
    'PostgreSQL',
    readPostgres,
    Buffer.concat([
      message('', 'user\0shop\0'),
      message('p', 'secret\0'),
      message('Q', 'begin\0'),
      message('P', 'by_id\0select 1\0\0'),
      message('B', '\0by_id\0'),
      message('E', '\0'),
      message('S', ''),
      message('B', '\0by_id\0'),
      message('E', '\0'),
      message('S', ''),
      message('Q', 'set statement_timeout = 5000\0'),
    ]),
    ['begin', 'by_id', 'by_id', 'set statement_timeout ='],
  ],
  [
    'Redis',
    readRedis,
    Buffer.from(
      resp('auth', 'secret') + resp('get', 'ключ\r\n') + resp('EVALSHA', 'a', '0') + resp('cluster', 'slots'),
    ),
    ['GET', 'EVALSHA'],
  ],
  ['Kafka', readKafka, Buffer.concat([kafkaRequest(0, 'some events'), kafkaRequest(99)]), ['Produce', 'request 99']],
  [
    'HTTP',
    readHttp,
    Buffer.from(
      'GET /a?b=1 HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 6\r\n\r\nGET /cGET /d HTTP/1.1\r\n\r\n',
    ),
    ['GET /a', 'POST /b', 'GET /d'],
  ],
];

for (const [protocol, create, bytes, wanted] of streams) {
  test(`${protocol}: the same is read from one piece as from single bytes`, (t) => {
    t.deepEqual(create()(bytes), wanted);
    const read = create();
    t.deepEqual(
      [...bytes].flatMap((byte) => read(Buffer.from([byte]))),
      wanted,
    );
  });
}

test('what is no Redis protocol is refused with what came', (t) => {
  t.throws(() => readRedis()(Buffer.from('PING\r\n')), { message: 'a Redis client sent "PING" where "*" was to come' });
});

test('an HTTP body of unknown length is refused with its request', (t) => {
  const bytes = Buffer.from('POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
  t.throws(() => readHttp()(bytes), { message: 'a body of unknown length cannot be counted: POST /a HTTP/1.1' });
});
