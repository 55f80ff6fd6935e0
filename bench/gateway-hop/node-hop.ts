/**
 * A reverse proxy with nothing around it: a request of node:http for each request, both bodies piped, connections kept. It is
 * what the packages of this kind do at their heart. Its only argument is the port of the upstream.
 */
import { Agent, request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const port = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true });

const server = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const forwarded = { ...headers, 'x-forwarded-for': incoming.socket.remoteAddress };
  const upstream = ask({ host: '127.0.0.1', port, agent, method, path: url, headers: forwarded }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
});
server.listen(0, '127.0.0.1', () => {
  // `as`: a TCP server that listens has such an address.
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port }));
});
