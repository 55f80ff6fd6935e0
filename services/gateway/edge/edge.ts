/** The way of a request that belongs to a service: every step, in order. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '#chassis/context.ts';
import { beginResponse, sendProblem } from '#chassis/http/send.ts';
import type { EdgeHandler } from '#chassis/http/server.ts';
import type { Logger } from '#chassis/logger.ts';
import { ProblemError, toProblem } from '#chassis/problem.ts';
import { formatTraceparent, headers } from '#contracts/headers.ts';
import type { Identity } from '#contracts/identity.ts';
import type { Descriptions } from '../docs/descriptions.ts';
import { pageSecurityPolicy, renderPage } from '../docs/page.ts';
import type { AccessTokens } from '../identity/access-tokens.ts';
import type { ClientAddresses } from '../identity/client-address.ts';
import type { Allowance, Caller } from '../limits/classes.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { ProxyOutcome } from '../proxy/failures.ts';
import { toUpstreamHeaders } from '../proxy/forwarded-headers.ts';
import { proxy } from '../proxy/proxy.ts';
import { isShareable } from '../proxy/shared-answers.ts';
import type { Upstreams } from '../proxy/upstreams.ts';
import { type FoundRoute, findRoute } from '../routes/find-route.ts';
import type { LimitClass } from '../routes/table.ts';
import { answerCors, setEdgeHeaders } from './edge-headers.ts';

export interface EdgeDeps {
  readonly upstreams: Upstreams;
  readonly tokens: AccessTokens;
  readonly addresses: ClientAddresses;
  /** Absent: rates are not limited. */
  readonly limiter: Limiter | undefined;
  readonly allowanceFor: (caller: Caller, request: { method: string | undefined; limit: LimitClass }) => Allowance;
  /** The internal identity that services are shown. */
  readonly mintIdentity: (identity: Identity, nowMs: number) => string;
  readonly corsOrigins: readonly string[];
  /** Longest time in which a caller takes nothing of its response, milliseconds. */
  readonly callerIdleMs: number;
  readonly descriptions: Descriptions;
  readonly logger: Logger;
  readonly countOutcome: (upstream: string, outcome: ProxyOutcome) => void;
  readonly countRetry: (upstream: string) => void;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly address: string;
  readonly protocol: 'http' | 'https';
}

/** Paths of the gateway's own routes whose callers are counted like those of the services. */
const isCounted = /^\/(?:bff\/|docs(?:[/?]|$))/;

/** Takes what a service owns; all else goes to the gateway's own routes, with the same headers. */
export function createEdge(deps: EdgeDeps): EdgeHandler {
  return (request, response, context, routes) => {
    const { address, protocol } = deps.addresses.clientOf(request);
    setEdgeHeaders(context, protocol);
    if (answerCors(request, response, context, deps.corsOrigins)) return true;
    const exchange: Exchange = { request, response, context, address, protocol };
    if (isCounted.test(request.url ?? '')) {
      admit(deps, exchange)
        .then(() => (isPage(request) ? answerPage(deps, exchange) : routes(request, response, context)))
        .catch((error: unknown) => answerProblem(deps, exchange, error));
      return true;
    }
    try {
      assertOneHost(request);
      const found = findRoute(request.url ?? '');
      if (found === undefined) return false;
      assertMethod(request.method, passedOn);
      forward(deps, exchange, found).catch((error: unknown) => answerProblem(deps, exchange, error));
    } catch (error) {
      answerProblem(deps, exchange, error);
    }
    return true;
  };
}

/** Does for a route of our own what is done for a service: who is it, how much may it do, and from where does it come. */
async function admit(deps: EdgeDeps, exchange: Exchange): Promise<void> {
  const { request, address } = exchange;
  assertOneHost(request);
  const identity = await identify(deps, exchange);
  if (deps.limiter !== undefined) {
    const allowance = deps.allowanceFor({ identity, address }, { method: request.method, limit: 'standard' });
    await limit(deps.limiter, exchange, allowance);
  }
  delete request.headers[headers.internalIdentity];
  if (identity !== undefined) request.headers[headers.internalIdentity] = deps.mintIdentity(identity, Date.now());
  request.headers['x-forwarded-for'] = address;
}

/** The one page for people; all else is data. */
function isPage({ url = '' }: IncomingMessage): boolean {
  return url === '/docs' || url.startsWith('/docs?');
}

async function answerPage({ descriptions }: EdgeDeps, { request, response, context }: Exchange): Promise<void> {
  context.route = '/docs';
  assertMethod(request.method, ['GET', 'HEAD']);
  const html = Buffer.from(renderPage(await descriptions.read()));
  beginResponse(response, context, 200, {
    'content-security-policy': pageSecurityPolicy,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'public, max-age=60',
    'content-length': html.length,
  });
  response.end(html);
}

const passedOn = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/** RFC 9112 §3.2 has it refused. Node takes the first, a proxy in front perhaps the last. */
function assertOneHost({ rawHeaders }: IncomingMessage): void {
  let hosts = 0;
  // Names and values in turn.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) throw new ProblemError('malformed-request', 'the header Host is there more than once');
}

/** TRACE would show a caller what was added to the request; other methods mean nothing to our services. */
function assertMethod(method: string | undefined, allowed: readonly string[]): void {
  if (method !== undefined && allowed.includes(method)) return;
  throw new ProblemError('method-not-allowed', undefined, { headers: { allow: allowed.join(', ') } });
}

async function forward(deps: EdgeDeps, exchange: Exchange, { route, target }: FoundRoute): Promise<void> {
  const { request, response, context, address } = exchange;
  context.route = route.prefix;
  // The deadline starts when the request came: what is spent here is gone.
  context.limitTime(route.timeoutMs);
  const identity = await identify(deps, exchange);
  context.identity = identity;
  if (deps.limiter !== undefined)
    await limit(
      deps.limiter,
      exchange,
      deps.allowanceFor({ identity, address }, { method: request.method, limit: route.limit }),
    );
  const upstream = deps.upstreams.of(route.upstream);
  if (upstream === undefined)
    throw new ProblemError('upstream-not-deployed', `the service ${route.upstream} is not part of this stack`);
  const turn = upstream.admission.enter(route.criticality);
  if (turn !== undefined) await turn;
  if (response.destroyed) {
    upstream.admission.leave();
    return;
  }
  response.once('close', () => upstream.admission.leave());
  proxy({
    request,
    response,
    context,
    upstream,
    isShareable: isShareable(request, identity),
    target,
    headers: () => upstreamHeaders(deps, exchange, identity),
    bodyLimitBytes: route.bodyLimitBytes,
    callerIdleMs: deps.callerIdleMs,
    onOutcome: (outcome) => deps.countOutcome(route.upstream, outcome),
    onRetry: () => deps.countRetry(route.upstream),
  });
}

/** A token that is not valid is refused even where none is needed: its sender believes to be signed in. */
async function identify(deps: EdgeDeps, exchange: Exchange): Promise<Identity | undefined> {
  const { request, address } = exchange;
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
  try {
    if (token === undefined) throw new ProblemError('invalid-token', 'Authorization must be "Bearer <token>"');
    return await deps.tokens.verify(token);
  } catch (error) {
    // Guessing tokens costs the guesser's address its allowance.
    const guest = deps.allowanceFor({ identity: undefined, address }, { method: 'POST', limit: 'sensitive' });
    if (deps.limiter !== undefined) await limit(deps.limiter, exchange, guest);
    throw error;
  }
}

async function limit(
  limiter: Limiter,
  { context: { responseHeaders } }: Exchange,
  { subject, limitClass, rate }: Allowance,
): Promise<void> {
  const taken = limiter.take(subject, limitClass, rate);
  const decision = taken instanceof Promise ? await taken : taken;
  responseHeaders['ratelimit-limit'] = String(rate.burst);
  responseHeaders['ratelimit-remaining'] = String(decision.remaining);
  responseHeaders['ratelimit-reset'] = String(Math.ceil(decision.resetMs / 1000));
  if (decision.isAllowed) return;
  const seconds = Math.max(1, Math.ceil(decision.retryAfterMs / 1000));
  throw new ProblemError('too-many-requests', `try again in ${seconds} s`, { retryAfterSeconds: seconds });
}

function upstreamHeaders(
  deps: EdgeDeps,
  { request, context, address, protocol }: Exchange,
  identity: Identity | undefined,
): string[] {
  return toUpstreamHeaders(request, {
    requestId: context.requestId,
    traceparent: formatTraceparent(context.traceId),
    deadlineMs: Math.max(0, Math.floor(context.remainingMs())),
    internalIdentity: identity === undefined ? undefined : deps.mintIdentity(identity, Date.now()),
    clientAddress: address,
    protocol,
  });
}

function answerProblem(deps: EdgeDeps, { response, context }: Exchange, error: unknown): void {
  const problem = toProblem(error);
  if (problem.status >= 500) deps.logger.warn({ err: problem.cause ?? problem }, 'a request could not be passed on');
  sendProblem(response, problem, context);
}
