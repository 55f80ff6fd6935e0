import { connect } from 'node:net';
import { startRelay } from './relay.ts';

/** Passes bytes on and counts connections: with TLS inside, each is one handshake, whatever the client says of itself. */
export interface CountingProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
}

/** Listens on a free port of loopback and passes everything on to another one. */
export async function startCountingProxy(target: { readonly port: number }): Promise<CountingProxy> {
  let connections = 0;
  const relay = await startRelay(() => {
    connections += 1;
    return connect({ port: target.port, host: '127.0.0.1', noDelay: true });
  });
  return {
    port: relay.port,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}
