import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { findFreePort } from '../programs/ports.ts';
import type { Published, ServiceAddress } from '../provider.ts';
import { channelVariable, handOver } from './hand-over.ts';
import { daemonLog, enterCommand, type Inside, listDaemons } from './inside.ts';

const script = join(import.meta.dirname, 'forward.ts');

/** A Service that answers on this machine. */
export interface PublishedService extends Published {
  readonly service: ServiceAddress;
}

/**
 * Makes a Service answer on a port of 127.0.0.1 until the lab ends. The listening socket is opened here, where this
 * machine's network is, and handed to a program inside the lab, which is where its connections go on.
 */
export async function publishService(lab: Inside, service: ServiceAddress, wantedPort: number): Promise<Published> {
  const published = (await listPublished(lab)).find((entry) => isSame(entry.service, service));
  if (published !== undefined) {
    return published;
  }
  const server = await listen(wantedPort);
  try {
    const port = portOf(server);
    const args = [service.namespace, service.name, String(service.port), String(port)];
    const program = ['setsid', '--fork', process.execPath, script, ...args];
    const command = enterCommand(lab, 'all', [channelVariable, ...program]);
    await handOver(command, server, daemonLog(lab.paths, 'forward'));
    return { url: `http://127.0.0.1:${port}`, port };
  } finally {
    server.close();
  }
}

/** What is published now. */
export async function listPublished(lab: Inside): Promise<readonly PublishedService[]> {
  const daemons = await listDaemons(lab);
  return daemons.flatMap(({ argv }) => {
    const [namespace, name, port, localPort] = argv[1] === script ? argv.slice(2) : [];
    return namespace === undefined || name === undefined
      ? []
      : [
          {
            service: { namespace, name, port: Number(port) },
            url: `http://127.0.0.1:${localPort}`,
            port: Number(localPort),
          },
        ];
  });
}

function isSame(one: ServiceAddress, other: ServiceAddress): boolean {
  return one.namespace === other.namespace && one.name === other.name && one.port === other.port;
}

async function listen(wantedPort: number): Promise<Server> {
  return tryListen(wantedPort).catch(async () => tryListen(await findFreePort()));
}

async function tryListen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('a server on 127.0.0.1 has a port');
  }
  return address.port;
}
