/** Sends a request to a service and its response to the caller, piece by piece, as fast as the slower side takes it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { RequestContext } from '#chassis/context.ts';
import { beginResponse, sendProblem } from '#chassis/http/send.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { Permit } from './breaker.ts';
import { CallerGoneError, classify, type ProxyOutcome } from './failures.ts';
import { toClientHeaders } from './forwarded-headers.ts';
import { limitedBody } from './limited-body.ts';
import { isShared } from './shared-answers.ts';
import type { Upstream } from './upstreams.ts';

export interface ProxyRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly upstream: Upstream;
  /** Whether it may have what another guest was told a moment ago. */
  readonly isShareable: boolean;
  /** Path and query. */
  readonly target: string;
  /** Names and values; made anew for each attempt, because less time is left then. */
  readonly headers: () => string[];
  readonly bodyLimitBytes: number;
  /** Longest time in which the caller takes nothing of the response: one that does not read would keep a connection for ever. */
  readonly callerIdleMs: number;
  /** Told once about each attempt. */
  readonly onOutcome: (outcome: ProxyOutcome) => void;
  /** Told when the request is sent a second time. */
  readonly onRetry: () => void;
}

/** Once is enough for a pod that was replaced; more would only multiply the load of a service in trouble. */
const mostAttempts = 2;
/** Callers that failed at the same moment come back spread over this time, milliseconds. */
const retrySpreadMs = 100;
/** May be carried out twice without harm (RFC 9110 §9.2.2). */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

interface Attempt {
  readonly number: number;
  readonly body: Readable | null;
  readonly permit: Permit;
}

/**
 * Starts the exchange; the response is written when the service answers. Nothing is buffered: when the caller reads slowly,
 * the service's connection is not read. When the caller leaves, the service's request is aborted. Throws
 * `upstream-unavailable` while the service is left alone by its breaker.
 */
export function proxy(exchange: ProxyRequest): void {
  const body = limitedBody(exchange.request, exchange.bodyLimitBytes);
  const admission = exchange.upstream.breaker.admit();
  if (admission.state === 'refused') {
    exchange.onOutcome('refused');
    throw new ProblemError('upstream-unavailable', 'the service failed too often and is left alone for a moment', {
      retryAfterSeconds: Math.ceil(admission.retryAfterMs / 1000),
    });
  }
  exchange.upstream.retries.deposit();
  send(exchange, { number: 1, body, permit: admission.permit });
}

function send(exchange: ProxyRequest, attempt: Attempt): void {
  const options: Dispatcher.DispatchOptions = {
    path: exchange.target,
    method: exchange.request.method ?? 'GET',
    headers: exchange.headers(),
    body: attempt.body,
    // Until the response begins; its body may then take as long as it moves.
    headersTimeout: Math.max(1, Math.ceil(exchange.context.remainingMs())),
  };
  const { pool, shared } = exchange.upstream;
  (exchange.isShareable ? shared : pool).dispatch(options, createHandler(exchange, attempt));
}

function createHandler(exchange: ProxyRequest, attempt: Attempt): Dispatcher.DispatchHandler {
  const { response } = exchange;
  const connection = followCaller(exchange);
  let outcome: ProxyOutcome = 'answered';
  return {
    onRequestStart: (controller) => connection.begin(controller),
    onResponseStart: (_controller, status, headers) => {
      // 1xx are for this connection only.
      if (status < 200) return;
      if (isShared(headers)) outcome = 'shared';
      // Whatever it says: a service that answers 503 because its primary is away still reads from the replicas.
      attempt.permit.settle(outcome === 'shared' ? 'unknown' : 'good');
      beginResponse(response, exchange.context, status, toClientHeaders(headers));
    },
    onResponseData: (controller, chunk) => {
      if (!response.write(chunk)) connection.pause(controller);
    },
    onResponseEnd: () => {
      connection.end();
      exchange.onOutcome(outcome);
      response.end();
    },
    onResponseError: (_controller, error) => {
      connection.end();
      fail(exchange, attempt, error);
    },
  };
}

/** Ties the service's connection to the caller's, as long as one attempt lasts. */
function followCaller({ response, callerIdleMs }: ProxyRequest) {
  let controller: Dispatcher.DispatchController | undefined;
  let idle: NodeJS.Timeout | undefined;
  const abort = (): void => {
    clearTimeout(idle);
    if (!response.writableFinished) controller?.abort(new CallerGoneError());
  };
  const resume = (): void => {
    clearTimeout(idle);
    controller?.resume();
  };
  return {
    begin: (started: Dispatcher.DispatchController): void => {
      controller = started;
      if (response.destroyed) abort();
      else response.once('close', abort).on('drain', resume);
    },
    pause: (paused: Dispatcher.DispatchController): void => {
      paused.pause();
      clearTimeout(idle);
      idle = setTimeout(() => response.destroy(), callerIdleMs);
    },
    end: (): void => {
      clearTimeout(idle);
      response.off('close', abort).off('drain', resume);
    },
  };
}

function fail(exchange: ProxyRequest, attempt: Attempt, error: Error): void {
  const { response, context } = exchange;
  const [outcome, problem] = classify(error);
  exchange.onOutcome(outcome);
  attempt.permit.settle(outcome === 'cancelled' || outcome === 'refused' ? 'unknown' : 'bad');
  if (outcome === 'cancelled') return;
  if (response.headersSent) {
    // A response that was begun cannot become another one: cutting it shows the caller that it is not complete.
    response.destroy(error);
    return;
  }
  const answer = (): void => sendProblem(response, problem, context);
  if (isRepeatable(exchange, attempt, outcome) && exchange.upstream.retries.take())
    retryLater(exchange, attempt, answer);
  else answer();
}

/** Not after a timeout: the time of the caller is used up, and the service may still be at work. */
function isRepeatable({ request }: ProxyRequest, { number, body }: Attempt, outcome: ProxyOutcome): boolean {
  const isFailed = outcome === 'unreachable' || outcome === 'failed';
  return isFailed && number < mostAttempts && body === null && idempotentMethods.has(request.method ?? 'GET');
}

function retryLater(exchange: ProxyRequest, { number, body }: Attempt, giveUp: () => void): void {
  const { context, response } = exchange;
  const waitMs = Math.random() * retrySpreadMs;
  if (waitMs >= context.remainingMs()) {
    giveUp();
    return;
  }
  setTimeout(() => {
    if (response.destroyed) return;
    const admission = exchange.upstream.breaker.admit();
    if (admission.state === 'refused') {
      giveUp();
      return;
    }
    exchange.onRetry();
    send(exchange, { number: number + 1, body, permit: admission.permit });
  }, waitMs);
}
