import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range that Linux gives to outgoing connections (32768-60999), so that a server can come back on its port. */
const lowestPort = 20_000;
const highestPort = 29_999;
const attempts = 50;

/** `count` different TCP ports of 127.0.0.1 that nobody listens on now; another process can still take one before it is used. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    ports.add(await findFreePort(ports));
  }
  return [...ports];
}

/** A TCP port of 127.0.0.1 that nobody listens on now, and none of the `others`. */
export async function findFreePort(others: ReadonlySet<number> = new Set()): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(lowestPort, highestPort + 1);
    if (!others.has(port) && (await isPortFree(port))) {
      return port;
    }
  }
  throw new Error(`no free port found on 127.0.0.1 between ${lowestPort} and ${highestPort} in ${attempts} attempts`);
}

/** True when a server could listen on this TCP port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
