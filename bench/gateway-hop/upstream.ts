/** Stands for a service: answers everything with the same small product, as fast as Node can. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = JSON.stringify({
  id: '01900000-0000-7000-8000-000000000001',
  slug: 'lamp',
  title: 'Lamp',
  description: 'x'.repeat(400),
  prices: [{ currency: 'EUR', amountMinor: 1999 }],
});
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), etag: '"1"' };

const server = createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  // `as`: a TCP server that listens has such an address.
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: 'listening', port }));
});
