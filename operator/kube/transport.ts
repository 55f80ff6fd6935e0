import type { Readable } from 'node:stream';
import type { KubeConnection } from './connection.ts';
import type { KubeMetrics } from './metrics.ts';

/** Pooled HTTP to one API server: calls on a few kept-alive connections, watches on their own. */
export interface Transport {
  /** Base URL of the server, without a slash at the end. */
  readonly server: string;
  /**
   * One call. Resolves with any 2xx answer; everything else rejects with an error of `errors.ts`. `Retry-After` up to
   * 2 s is waited for here (three attempts), a longer one is left to the caller in `retryAfterMs`.
   */
  call(request: CallRequest): Promise<CallResponse>;
  /** Opens a stream of bytes (a watch); not counted against the calls' connections. Rejects like `call`. */
  stream(request: StreamRequest): Promise<Readable>;
  /** Waits for running calls, ends streams. */
  close(): Promise<void>;
}

export interface CallRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path with query, e.g. `/api/v1/namespaces/shop/pods?limit=500`. */
  readonly path: string;
  /** For metrics and errors, e.g. `{verb: 'apply', resource: 'deployments', subject: 'apps/v1/Deployment shop/a'}`. */
  readonly operation: Operation;
  /** JSON text. */
  readonly body?: string;
  readonly contentType?: string;
  /** 30 s when absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Operation {
  readonly verb: string;
  readonly resource: string;
  readonly subject: string;
}

export interface StreamRequest {
  readonly path: string;
  readonly operation: Operation;
  readonly signal: AbortSignal;
}

export interface CallResponse {
  readonly status: number;
  /** The parsed JSON body; `undefined` when it is empty. */
  readonly body: unknown;
}

export interface TransportOptions {
  readonly connection: KubeConnection;
  readonly metrics: KubeMetrics;
  /** Connections for calls; 12 when absent: 8 writers and 4 readers. */
  readonly connections?: number;
}

export declare function createTransport(options: TransportOptions): Transport;
