import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import test from 'ava';
import { openTap } from './tap.ts';
import { createWireReader } from './wire.ts';

/** Each byte is a question; a server that echoes answers it. */
const readBytes = () =>
  createWireReader((bytes) =>
    bytes.length === 0 ? undefined : { length: 1, operations: [bytes.toString('latin1', 0, 1)] },
  );

test('what is sent together is one round trip, and a look empties the counts', async (t) => {
  const echo = createServer((socket) => void socket.pipe(socket).on('error', () => socket.destroy()));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  t.teardown(() => echo.close());
  await using tap = await openTap(readBytes, { port: (echo.address() as AddressInfo).port });
  const client = connect({ port: tap.port, host: '127.0.0.1' });
  const ask = async (text: string) => {
    let answer = '';
    client.write(text);
    while (answer.length < text.length) {
      const [chunk] = (await once(client, 'data')) as [Buffer]; // the event's value
      answer += chunk.toString();
    }
  };
  await ask('abc');
  await ask('d');
  t.deepEqual(tap.take(), { operations: ['a', 'b', 'c', 'd'], roundTrips: 2 });
  t.deepEqual(tap.take(), { operations: [], roundTrips: 0 });
  client.destroy();
});
