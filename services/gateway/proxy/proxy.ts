/** Sends a request to a service and its response to the caller, piece by piece, as fast as the slower side takes it. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Dispatcher, errors, type Pool } from 'undici';
import type { RequestContext } from '#chassis/context.ts';
import { ProblemError, sendProblem } from '#chassis/problem.ts';
import { toClientHeaders } from './forwarded-headers.ts';
import { limitedBody } from './limited-body.ts';

export interface ProxyRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly pool: Pool;
  /** Path and query. */
  readonly target: string;
  readonly headers: string[];
  readonly bodyLimitBytes: number;
  /** Longest time in which the caller takes nothing of the response: one that does not read would keep a connection for ever. */
  readonly callerIdleMs: number;
  /** Told once about each outcome: the seam for breakers and retry budgets. */
  readonly onOutcome: (outcome: ProxyOutcome) => void;
}

/** How the service did. `cancelled`: the caller left first. */
export type ProxyOutcome = 'answered' | 'unreachable' | 'failed' | 'timeout' | 'cancelled' | 'refused';

/**
 * Starts the exchange; the response is written when the service answers. Nothing is buffered: when the caller reads slowly,
 * the service's connection is not read. When the caller leaves, the service's request is aborted.
 */
export function proxy(exchange: ProxyRequest): void {
  const { request, response, context } = exchange;
  const options: Dispatcher.DispatchOptions = {
    path: exchange.target,
    method: request.method ?? 'GET',
    headers: exchange.headers,
    body: limitedBody(request, exchange.bodyLimitBytes),
    // Until the response begins; its body may then take as long as it moves.
    headersTimeout: Math.max(1, Math.ceil(context.remainingMs())),
  };
  exchange.pool.dispatch(options, createHandler(exchange, response));
}

function createHandler(exchange: ProxyRequest, response: ServerResponse): Dispatcher.DispatchHandler {
  let abort: (() => void) | undefined;
  let idle: NodeJS.Timeout | undefined;
  response.once('close', () => clearTimeout(idle));
  return {
    onRequestStart: (controller) => {
      abort = () => {
        if (!response.writableFinished) controller.abort(new CallerGone());
      };
      if (response.destroyed) abort();
      else response.once('close', abort);
      response.on('drain', () => {
        clearTimeout(idle);
        controller.resume();
      });
    },
    onResponseStart: (_controller, status, headers) => {
      // 1xx are for this connection only.
      if (status >= 200) startResponse(response, status, headers);
    },
    onResponseData: (controller, chunk) => {
      if (response.write(chunk)) return;
      controller.pause();
      clearTimeout(idle);
      idle = setTimeout(() => response.destroy(), exchange.callerIdleMs);
    },
    onResponseEnd: () => {
      exchange.onOutcome('answered');
      response.end();
    },
    onResponseError: (_controller, error) => fail(exchange, error),
  };
}

class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

function startResponse(response: ServerResponse, status: number, headers: IncomingHttpHeaders): void {
  const vary = [response.getHeader('vary'), headers.vary].filter((value) => value !== undefined);
  response.writeHead(status, toClientHeaders(vary.length < 2 ? headers : { ...headers, vary: vary.join(', ') }));
}

function fail(exchange: ProxyRequest, error: Error): void {
  const { response, context } = exchange;
  const [outcome, problem] = classify(error);
  exchange.onOutcome(outcome);
  if (outcome === 'cancelled') return;
  if (response.headersSent) {
    // A response that was begun cannot become another one: cutting it shows the caller that it is not complete.
    response.destroy(error);
    return;
  }
  sendProblem(response, problem, context.requestId);
}

/** Of the socket, before anything was sent. */
const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function classify(error: Error): readonly [ProxyOutcome, ProblemError] {
  if (error instanceof ProblemError) return ['refused', error];
  if (error instanceof CallerGone) return ['cancelled', new ProblemError('bad-gateway')];
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return ['timeout', new ProblemError('upstream-timeout', undefined, { cause: error })];
  }
  const options = { cause: error, retryAfterSeconds: 1 };
  if (unreachableCodes.has(codeOf(error)))
    return ['unreachable', new ProblemError('upstream-unavailable', undefined, options)];
  return ['failed', new ProblemError('bad-gateway', undefined, { cause: error })];
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
