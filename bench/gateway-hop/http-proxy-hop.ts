/**
 * The package http-proxy around nothing: a server and a target. Arguments: the port of the upstream, and `keep-alive` for
 * connections that are used again; by itself it makes one for each request.
 */
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import httpProxy from 'http-proxy';

const [port, mode] = process.argv.slice(2);
const agent = mode === 'keep-alive' ? { agent: new Agent({ keepAlive: true }) } : {};
const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${port}`, ...agent });
proxy.on('error', (error, _request, response) => {
  console.error(error.message);
  response.destroy();
});

const server = createServer((request, response) => proxy.web(request, response));
server.listen(0, '127.0.0.1', () => {
  // `as`: a TCP server that listens has such an address.
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port }));
});
