/** The public HTTP server: what happens around every request, whoever answers it. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { headers, isRequestId, parseTraceId } from '#contracts/headers.ts';
import { RequestContext, runInContext } from '../context.ts';
import type { Readiness } from '../health.ts';
import { createAccessLog, type Logger } from '../logger.ts';
import type { HttpMetrics } from '../metrics.ts';
import { ProblemError, toProblemDocument } from '../problem.ts';
import { beginResponse, sendProblem } from './send.ts';

/** `import` reads all exports of the module, one of which loads a second undici: 5 MiB. */
const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');

/** Answers one request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse, context: RequestContext) => void;

/**
 * May answer a request instead of the service's routes; false leaves it to them. One that has to find something out first says
 * true, and hands over by `routes` later.
 */
export type EdgeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
  routes: RequestHandler,
) => boolean;

export interface PublicServerOptions {
  readonly handler: RequestHandler;
  readonly readiness: Readiness;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  /** True while all requests are the process's own: nobody is served by them, so they are neither counted nor logged. */
  readonly isOwn?: () => boolean;
  /** For tests, which do not wait half a minute. */
  readonly limits?: typeof serverLimits;
}

/**
 * A server that gives each request its context and id, answers `/health`, counts and logs the response when it ends, and
 * cancels the request's work when the caller leaves.
 */
export function createPublicServer(options: PublicServerOptions): Server {
  const end = createObserver(options);
  const answering = new WeakMap<Socket, ServerResponse>();
  const server = createServer(options.limits ?? serverLimits, (request, response) => {
    answering.set(request.socket, response);
    const context = createContext(request);
    const isOwn = options.isOwn?.() === true;
    context.responseHeaders[headers.requestId] = context.requestId;
    // While stopping: tells clients to open their next connection elsewhere.
    if (options.readiness.isDraining) context.responseHeaders['connection'] = 'close';
    options.metrics.inFlight.inc();
    response.once('close', () => {
      end(request, response, context, isOwn);
      // A connection that was busy when stopping began is idle now, and nobody else would close it.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    runInContext(context, () => {
      if (isHealth(request)) answerHealth(options, response, context);
      else options.handler(request, response, context);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerBrokenRequest(error, socket, answering.get(socket));
  });
  return server;
}

/**
 * Idle connections outlive those of proxies in front (60 s is usual): otherwise a proxy sends a request just when we close,
 * which its caller sees as 502. A request must arrive completely within 30 s, so that slow senders hold nothing; Node looks for
 * late ones from time to time only, twice a minute unless it is told otherwise.
 */
const serverLimits = {
  keepAliveTimeout: 65_000,
  headersTimeout: 20_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
};

function createContext(request: IncomingMessage): RequestContext {
  const given = request.headers[headers.requestId];
  const requestId = isRequestId(given) ? given : randomUUID();
  const traceId = parseTraceId(request.headers[headers.traceparent]) ?? randomUUID().replaceAll('-', '');
  return new RequestContext(requestId, traceId, performance.now());
}

/** Counts and logs a request whose response has ended, whole or not. */
function createObserver({ logger, metrics }: PublicServerOptions) {
  const { inFlight, requests, duration } = metrics;
  const accessLog = createAccessLog(logger);
  return (request: IncomingMessage, response: ServerResponse, context: RequestContext, isOwn: boolean): void => {
    inFlight.dec();
    const isComplete = response.writableFinished;
    if (!isComplete) context.cancel(new Error('the caller closed the connection'));
    context.finish();
    if (isOwn) return;
    const { route, requestId, traceId } = context;
    const method = methodLabel(request.method);
    const status = isComplete ? response.statusCode : 499;
    const durationMs = performance.now() - context.startedAt;
    requests.inc({ method, route, status });
    duration.observe({ method, route }, durationMs / 1000);
    if (isHealth(request)) return;
    // The path without its query, which may hold what people typed.
    const path = (request.url ?? '').split('?', 1)[0];
    const rounded = Math.round(durationMs * 100) / 100;
    accessLog.info({ requestId, traceId, method, route, status, durationMs: rounded, path }, 'request');
  };
}

/** Methods are chosen by callers: a label needs a closed set. */
function methodLabel(method: string | undefined): string {
  return method !== undefined && knownMethods.has(method) ? method : 'OTHER';
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function isHealth(request: IncomingMessage): boolean {
  return request.url === '/health';
}

function answerHealth(options: PublicServerOptions, response: ServerResponse, context: RequestContext): void {
  context.route = '/health';
  options.readiness.evaluate().then(
    (health) => {
      const body = JSON.stringify(health);
      beginResponse(response, context, health.status === 'unavailable' ? 503 : 200, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    (error: unknown) => sendProblem(response, new ProblemError('internal-error', undefined, { cause: error }), context),
  );
}

/**
 * What Node's parser refuses never becomes a request: the answer is written to the socket. `last` is the response to the request
 * before, or to the one whose body is late: inside of a response there is no place for another.
 */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket, last: ServerResponse | undefined): void {
  const isInside = last?.headersSent === true && !last.writableFinished;
  if (!socket.writable || error.code === 'ECONNRESET' || isInside) {
    socket.destroy();
    return;
  }
  const problem = new ProblemError(brokenRequestCodes[error.code ?? ''] ?? 'malformed-request');
  const body = JSON.stringify(toProblemDocument(problem, randomUUID()));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Closed at once, the answer might be lost on its way; left to the caller, the connection would never be free.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

const lingerMs = 1000;

const brokenRequestCodes: Readonly<Record<string, 'headers-too-large' | 'request-timeout'>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};
