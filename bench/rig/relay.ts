import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A server on loopback whose clients are connected to somebody else. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
}

/** Listens on a free port and passes bytes on both ways; `connect` opens the other side of a new client. */
export async function startRelay(connect: (client: Socket) => Socket): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect(client);
    join(client, upstream, sockets);
    join(upstream, client, sockets);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // `as`: a TCP server that listens has such an address.
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) {
        socket.destroy();
      }
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

function join(one: Socket, other: Socket, sockets: Set<Socket>): void {
  sockets.add(one);
  one.pipe(other);
  one.on('error', () => other.destroy());
  one.on('close', () => {
    sockets.delete(one);
    other.destroy();
  });
}
