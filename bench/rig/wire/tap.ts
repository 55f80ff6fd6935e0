import { connect } from 'node:net';
import { startRelay } from '../relay.ts';
import type { WireReader } from './wire.ts';

/** What clients have asked since the last look. */
export interface Traffic {
  /** In their order. */
  readonly operations: readonly string[];
  /** How often a client spoke after it had been silent or the server had answered: what is sent together counts once. */
  readonly roundTrips: number;
}

/** Passes bytes on between clients and one server, and reads along: neither side can say less than it does. */
export interface Tap extends AsyncDisposable {
  readonly port: number;
  /** Where bytes go from now on. */
  lead(target: { readonly port: number }): void;
  /** What was asked since the last call. */
  take(): Traffic;
}

/** Listens on a free port of loopback. `createReader` makes the reader of one connection. */
export async function openTap(createReader: () => WireReader, target?: { readonly port: number }): Promise<Tap> {
  let targetPort = target?.port ?? 0;
  let traffic = { operations: [] as string[], roundTrips: 0 };
  const relay = await startRelay((client) => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const read = createReader();
    let isAsking = false;
    client.on('data', (chunk: Buffer) => {
      const operations = read(chunk);
      traffic.operations.push(...operations);
      if (operations.length > 0 && !isAsking) {
        traffic.roundTrips += 1;
        isAsking = true;
      }
    });
    upstream.on('data', () => {
      isAsking = false;
    });
    return upstream;
  });
  return {
    port: relay.port,
    lead: ({ port }) => {
      targetPort = port;
    },
    take: () => {
      const taken = traffic;
      traffic = { operations: [], roundTrips: 0 };
      return taken;
    },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}
