import type { Dispatcher, Pool as PoolType } from 'undici';
import type { KubeConnection, TlsMaterial } from './connection.ts';
import type { KubeMetrics } from './metrics.ts';
import { Pool } from './undici.ts';

/** TCP and TLS handshake together, milliseconds. */
const connectTimeoutMs = 5_000;
/** Below the 90 s after which the API server closes idle connections (its `IdleTimeout`), milliseconds. */
const keepAliveMs = 55_000;
/** First TCP keep-alive probe; the kernel then gives a dead peer up within ten seconds, milliseconds. */
const tcpProbeMs = 15_000;

/** The connections to one server: a few for calls and, apart from them, one for each watch. */
export class Pools {
  readonly #connection: KubeConnection;
  readonly #metrics: KubeMetrics;
  readonly #callConnections: number;
  #current: PoolSet | undefined;

  constructor(connection: KubeConnection, metrics: KubeMetrics, callConnections: number) {
    this.#connection = connection;
    this.#metrics = metrics;
    this.#callConnections = callConnections;
  }

  /** The pools for this certificate material; when it has changed, the old ones end with their last request. */
  for(tls: TlsMaterial): PoolSet {
    if (this.#current === undefined || !isSameMaterial(this.#current.tls, tls)) {
      const outdated = this.#current;
      const watches = this.#open('watches', tls);
      this.#current = { tls, calls: this.#open('calls', tls), watches, streams: watches.compose(forgetRawHeaders) };
      if (outdated !== undefined) {
        void Promise.allSettled([outdated.calls.close(), outdated.watches.close()]);
      }
    }
    return this.#current;
  }

  /** Lets running calls finish and ends streams. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await Promise.allSettled([current?.calls.close(), current?.watches.destroy()]);
  }

  #open(purpose: 'calls' | 'watches', tls: TlsMaterial): PoolType {
    const pool = new Pool(this.#connection.server, {
      // HTTP/1.1 on purpose: the server would choose HTTP/2, whose one connection makes every call share one socket.
      allowH2: false,
      connections: purpose === 'calls' ? this.#callConnections : null,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      connect: { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: tcpProbeMs },
    });
    pool.on('connect', () => this.#metrics.connections.inc({ purpose }));
    return pool;
  }
}

/** The pools that belong to one set of certificates. */
export interface PoolSet {
  readonly tls: TlsMaterial;
  readonly calls: PoolType;
  readonly watches: PoolType;
  /** Sends requests over `watches`, for answers that go on for minutes. */
  readonly streams: Dispatcher;
}

/** The headers as they came are views of the 64 KiB that were read with them, and each watch would keep those. */
const forgetRawHeaders: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const onResponseStart = handler.onResponseStart?.bind(handler);
  handler.onResponseStart = (controller, ...answer) => {
    onResponseStart?.(controller, ...answer);
    controller.rawHeaders = null;
  };
  return dispatch(options, handler);
};

function isSameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.rejectUnauthorized === b.rejectUnauthorized &&
    a.servername === b.servername &&
    isSameBytes(a.ca, b.ca) &&
    isSameBytes(a.cert, b.cert) &&
    isSameBytes(a.key, b.key)
  );
}

function isSameBytes(a: string | Buffer | undefined, b: string | Buffer | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.from(a).equals(Buffer.from(b)));
}
