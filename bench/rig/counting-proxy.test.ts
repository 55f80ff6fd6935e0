import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { startCountingProxy } from './counting-proxy.ts';

test('connections are counted, not requests, and answers come through', async (t) => {
  const server = createServer((_request, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  await using proxy = await startCountingProxy({ port: (server.address() as AddressInfo).port });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i += 1) {
    t.is(await read(proxy.port, agent), 'ok');
  }
  t.is(proxy.connections, 1);
  t.is(await read(proxy.port, new Agent({ keepAlive: false })), 'ok');
  t.is(proxy.connections, 2);
  agent.destroy();
});

async function read(port: number, agent: Agent): Promise<string> {
  const request = get({ port, host: '127.0.0.1', agent });
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
