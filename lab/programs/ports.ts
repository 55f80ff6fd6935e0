import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range that Linux gives to outgoing connections (32768-60999), so that a server can come back on its port. */
const lowestPort = 20_000;
const highestPort = 29_999;
const attempts = 50;

/** A TCP port of 127.0.0.1 that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(lowestPort, highestPort + 1);
    if (await isPortFree(port)) {
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
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
