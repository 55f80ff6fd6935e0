import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test from 'ava';
import { silentLogger } from '../logger.ts';

/** Longer than the client's first pause, so that a connection of one attempt ends in the middle of the next. */
const closeDelayMs = 300;
const lookupMs = 200;

// A slow name server. The client library keeps the function that it finds when it is loaded.
const lookup = dns.lookup.bind(dns) as (...values: readonly unknown[]) => void;
dns.lookup = ((...values: readonly unknown[]) =>
  setTimeout(lookup, lookupMs, ...values)) as unknown as typeof dns.lookup;
const { closeRedis, createRedisCheck, openRedis } = await import('./redis.ts');

test('connections that end while names are looked up for the next attempt do not end the attempts', async (t) => {
  await using node = await startFormingNode();
  const client = openRedis({ nodes: [`localhost:${node.port}`], commandTimeoutMs: 300 }, silentLogger);
  t.teardown(() => closeRedis(client));
  await node.hasRefused(3);
  node.form();
  await once(client, 'ready', { signal: AbortSignal.timeout(10_000) });
  await t.notThrowsAsync(createRedisCheck(client, true).probe());
});

interface FormingNode extends AsyncDisposable {
  readonly port: number;
  /** Waits until so many clients were told that the cluster is not formed. */
  hasRefused(times: number): Promise<void>;
  form(): void;
}

/** Speaks what a client asks first. A real server does not close late on demand, and this is about nothing else. */
async function startFormingNode(): Promise<FormingNode> {
  let state = 'fail';
  let refused = 0;
  const sockets = new Set<Socket>();
  const answers = (port: number): readonly (readonly [RegExp, () => string])[] => [
    // Two nodes, as far as the client can tell: one is asked for the state, the other is never connected to.
    [/^cluster slots/, () => `*2\r\n${slots(0, 8191, '127.0.0.1', port)}${slots(8192, 16_383, '127.0.0.2', port)}`],
    [/^cluster info/, () => bulk(`cluster_state:${state}\r\n`)],
    [/^hello/, () => `%1\r\n${bulk('server')}${bulk('redis')}`],
    [/^info/, () => bulk('loading:0\r\n')],
    [/^ping/, () => '+PONG\r\n'],
    [/^/, () => '+OK\r\n'],
  ];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => setTimeout(() => socket.end(), closeDelayMs));
    socket.on('data', (bytes) => {
      for (const command of commandsIn(String(bytes))) {
        if (command.startsWith('cluster info') && state === 'fail') refused += 1;
        const [, answer] = answers(portOf()).find(([pattern]) => pattern.test(command)) ?? [];
        socket.write(answer?.() ?? '');
      }
      server.emit('commands');
    });
  });
  const portOf = (): number => (server.address() as AddressInfo).port;
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    port: portOf(),
    hasRefused: async (times) => {
      const signal = AbortSignal.timeout(10_000);
      while (refused < times) await once(server, 'commands', { signal });
    },
    form: () => {
      state = 'ok';
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Whole commands in one packet: they are short. */
function commandsIn(packet: string): readonly string[] {
  const texts = packet.toLowerCase().split(/\*\d+\r\n/);
  return texts
    .filter(Boolean)
    .map((text) => [...text.matchAll(/\$\d+\r\n(.*)\r\n/g)].map(([, word]) => word).join(' '));
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function slots(first: number, last: number, host: string, port: number): string {
  return `*3\r\n:${first}\r\n:${last}\r\n*3\r\n${bulk(host)}:${port}\r\n${bulk(`node-${first}`)}`;
}
