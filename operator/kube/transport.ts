import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { KubeConnection } from './connection.ts';
import { delay } from './delay.ts';
import { toAnswerError, toNetworkError } from './error-translation.ts';
import { KubeError, TransientError } from './errors.ts';
import { parseJson } from './json.ts';
import type { KubeMetrics } from './metrics.ts';
import { Pools } from './pools.ts';

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
  /** The pool for calls, for libraries that bring their own HTTP code. */
  dispatcher(): Promise<Dispatcher>;
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

/** Opens nothing until the first call. */
export function createTransport(options: TransportOptions): Transport {
  return new PooledTransport(options);
}

const defaultConnections = 12;
const defaultTimeoutMs = 30_000;
/** Attempts of one call, the first included. */
const maxAttempts = 3;
/** A longer `Retry-After` is left to the caller, who can free its lane meanwhile. */
const maxInlineWaitMs = 2_000;
/** A kept-alive connection that the server closed while we were writing to it: nothing was processed. */
const staleConnectionCodes: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

class PooledTransport implements Transport {
  readonly server: string;
  readonly #connection: KubeConnection;
  readonly #metrics: KubeMetrics;
  readonly #pools: Pools;
  readonly #host: string;
  #isClosed = false;

  constructor(options: TransportOptions) {
    this.server = options.connection.server;
    this.#connection = options.connection;
    this.#metrics = options.metrics;
    this.#pools = new Pools(options.connection, options.metrics, options.connections ?? defaultConnections);
    this.#host = new URL(this.server).host;
  }

  async call(request: CallRequest): Promise<CallResponse> {
    this.#metrics.calls.inc({ verb: request.operation.verb, resource: request.operation.resource });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(request);
      } catch (error) {
        const waitMs = attempt < maxAttempts ? inlineWaitMs(error, request, attempt) : undefined;
        if (waitMs === undefined) {
          throw error;
        }
        await delay(waitMs, request.signal);
        this.#metrics.retries.inc({ code: codeLabel(error), verb: request.method, host: this.#host });
      }
    }
  }

  async stream(request: StreamRequest): Promise<Readable> {
    const { verb, resource } = request.operation;
    this.#metrics.calls.inc({ verb, resource });
    const answer = await this.#send(request, (pools, headers) =>
      pools.streams.request({
        path: request.path,
        method: 'GET',
        headers,
        signal: request.signal,
        headersTimeout: defaultTimeoutMs,
        // The reflector has its own watchdog, and a quiet watch is a healthy one.
        bodyTimeout: 0,
      }),
    );
    return answer.body;
  }

  async dispatcher(): Promise<Dispatcher> {
    return this.#pools.for((await this.#connection.credentials()).tls).calls;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pools.close();
  }

  async #attempt(request: CallRequest): Promise<CallResponse> {
    const startedAt = performance.now();
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const { signal, body } = request;
    try {
      const answer = await this.#send(request, (pools, headers) =>
        pools.calls.request({
          path: request.path,
          method: request.method,
          headers: body === undefined ? headers : { ...headers, 'content-type': request.contentType ?? jsonType },
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          ...(body === undefined ? {} : { body }),
          ...(signal === undefined ? {} : { signal }),
        }),
      );
      return { status: answer.statusCode, body: parseJson(await answer.body.text()) };
    } catch (error) {
      throw error instanceof KubeError ? error : toNetworkError(describe(request.operation), error);
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      this.#metrics.requestSeconds.observe({ verb: request.method, host: this.#host }, seconds);
    }
  }

  /** One exchange; rejects with a `KubeError` unless the answer is 2xx. Credentials that are refused are renewed once. */
  async #send(request: CallRequest | StreamRequest, exchange: Exchange): Promise<Dispatcher.ResponseData> {
    const method = 'method' in request ? request.method : 'GET';
    let answer = await this.#exchange(request, exchange, method, false);
    if (answer.statusCode === 401) {
      await answer.body.dump();
      answer = await this.#exchange(request, exchange, method, true);
    }
    if (answer.statusCode < 200 || answer.statusCode > 299) {
      throw toAnswerError({
        operation: describe(request.operation),
        status: answer.statusCode,
        body: await answer.body.text(),
        retryAfter: headerText(answer.headers['retry-after']),
      });
    }
    return answer;
  }

  async #exchange(
    request: CallRequest | StreamRequest,
    exchange: Exchange,
    method: string,
    fresh: boolean,
  ): Promise<Dispatcher.ResponseData> {
    let code = '<error>';
    try {
      const { headers, tls } = await this.#connection.credentials({ fresh });
      if (this.#isClosed) {
        throw new Error('the connection to the API server has been closed');
      }
      const answer = await exchange(this.#pools.for(tls), { ...headers, accept: jsonType, 'user-agent': userAgent });
      code = String(answer.statusCode);
      return answer;
    } catch (cause) {
      throw toNetworkError(describe(request.operation), request.signal?.aborted ? request.signal.reason : cause);
    } finally {
      this.#metrics.requests.inc({ code, method, host: this.#host });
    }
  }
}

type Exchange = (pools: ReturnType<Pools['for']>, headers: Record<string, string>) => Promise<Dispatcher.ResponseData>;

const jsonType = 'application/json';
const userAgent = 'ecommerce-operator';

/** Whether and after how long this call may be repeated right here. */
function inlineWaitMs(error: unknown, request: CallRequest, attempt: number): number | undefined {
  if (!(error instanceof TransientError) || request.signal?.aborted === true) {
    return undefined;
  }
  const isRepeatable = request.method !== 'POST';
  if (error.status === 0) {
    return isRepeatable && attempt === 1 && staleConnectionCodes.has(error.reason) ? 0 : undefined;
  }
  const isRefused = error.status === 429 || isRepeatable;
  return isRefused && error.retryAfterMs !== undefined && error.retryAfterMs <= maxInlineWaitMs
    ? error.retryAfterMs
    : undefined;
}

function codeLabel(error: unknown): string {
  return error instanceof KubeError && error.status > 0 ? String(error.status) : '<error>';
}

function describe(operation: Operation): string {
  return `${operation.verb} ${operation.subject}`;
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
