// Runs inside a lab's network: takes connections of a socket that was opened outside and passes them to a Service.
// Started by published.ts as `forward.ts NAMESPACE SERVICE PORT LOCAL-PORT`, with the socket sent as a message.
import { Resolver } from 'node:dns/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { dnsAddress } from './addresses.ts';

const [namespace, name, port] = process.argv.slice(2);
const resolver = new Resolver({ timeout: 2_000, tries: 2 });
resolver.setServers([dnsAddress]);

process.once('message', (_message, outside: Server) => {
  // A listening server as the argument of listen() lends its socket.
  createServer({ allowHalfOpen: true, noDelay: true }, (client) => void forward(client)).listen(outside);
  process.send?.('listening');
});

/** Resolved for each connection, so that a Service that was made anew is found again. */
async function forward(client: Socket): Promise<void> {
  client.on('error', () => undefined);
  try {
    const [address] = await resolver.resolve4(`${name}.${namespace}.svc.cluster.local`);
    const service = connect({ host: address ?? '', port: Number(port), allowHalfOpen: true, noDelay: true });
    await Promise.all([pipeline(client, service), pipeline(service, client)]);
  } catch (error) {
    process.stderr.write(`${namespace}/${name}:${port}: ${error instanceof Error ? error.message : String(error)}\n`);
    client.destroy();
  }
}
