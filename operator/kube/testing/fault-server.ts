import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import type { KubeConnection } from '../connection.ts';
import { createKubeMetrics, type KubeMetrics } from '../metrics.ts';
import { createTransport, type Transport } from '../transport.ts';

/** What the server was asked. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly atMs: number;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

/**
 * An HTTP server that misbehaves on demand: what a real API server does not produce when a test wants it (silence,
 * resets, 410, 429, broken characters). Answers come from `answer`, which a test may replace at any time.
 */
export class FaultServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  answer: Answer = (_request, response) =>
    sendStatus(response, { code: 404, reason: 'NotFound', message: 'no answer set' });
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => this.#handle(request, response, body));
    });
  }

  static async start(): Promise<FaultServer> {
    const fault = new FaultServer();
    await fault.listen();
    return fault;
  }

  /** Listens on its port again after `close`. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    // A TCP server has an address with a port once it listens.
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and resets every connection: an API server that went away. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  get connection(): KubeConnection {
    return {
      server: `http://127.0.0.1:${this.#port}`,
      namespace: 'default',
      credentials: () => Promise.resolve({ headers: { authorization: 'Bearer x' }, tls: { rejectUnauthorized: true } }),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '', 'http://server');
    const seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      atMs: performance.now(),
    };
    this.requests.push(seen);
    this.answer(seen, response);
  }
}

/** What a Status object says. */
export interface StatusAnswer {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: object;
  /** Seconds, as a header. */
  readonly retryAfter?: number;
}

/** A failure as the API server writes it. */
export function sendStatus(response: ServerResponse, { retryAfter, ...status }: StatusAnswer): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  response.writeHead(status.code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', ...status }));
}

/** A JSON answer. */
export function sendJson(response: ServerResponse, body: unknown, code = 200): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Transport and metrics on a fault server. */
export interface FaultSetup {
  readonly transport: Transport;
  readonly metrics: KubeMetrics;
  readonly registry: Registry;
}

export function connectTo(server: FaultServer): FaultSetup {
  const registry = new Registry();
  const metrics = createKubeMetrics(registry);
  return { registry, metrics, transport: createTransport({ connection: server.connection, metrics }) };
}
