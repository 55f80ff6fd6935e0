import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { findFreePort, findFreePorts, isPortFree } from './ports.ts';

test('ports are different, free, and none that Linux gives to outgoing connections', async (t) => {
  const ports = await findFreePorts(20);
  t.is(new Set(ports).size, 20);
  t.true(ports.every((port) => port < 32_768));
  t.deepEqual(
    await Promise.all(ports.map(isPortFree)),
    Array.from({ length: 20 }, () => true),
  );
});

test('a port that somebody listens on at any address is not free, and is when they have gone', async (t) => {
  const port = await findFreePort();
  const server = createServer().listen(port);
  await once(server, 'listening');
  t.false(await isPortFree(port));
  server.close();
  await once(server, 'close');
  t.true(await isPortFree(port));
});
