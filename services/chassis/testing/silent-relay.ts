/** Stands before a server and can go silent as a lost machine does: connections stay open, and nothing comes any more. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface SilentRelay {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: () => number;
  /** What is connected now gets nothing through any more, in either direction; who connects afterwards does. */
  silence(): void;
  /** Whether who connects from now on gets nothing either. */
  setAway(isAway: boolean): void;
}

export async function startSilentRelay(t: ExecutionContext, port: number): Promise<SilentRelay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const silenced: Socket[] = [];
  let accepted = 0;
  let isAway = false;
  const server = createServer((near) => {
    accepted += 1;
    if (isAway) {
      silenced.push(near.on('error', () => undefined));
      return;
    }
    const far = connect(port, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const [socket, other] of [pair, [far, near] as const]) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => pairs.delete(pair));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of [...[...pairs].flat(), ...silenced]) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    accepted: () => accepted,
    silence: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
        silenced.push(near, far);
      }
      pairs.clear();
    },
    setAway: (value) => {
      isAway = value;
    },
  };
}
