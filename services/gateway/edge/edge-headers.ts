/** Headers that every answer of the gateway carries, and who may read them from a browser. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Asked, beginResponse } from '#chassis/http/send.ts';

/** For data, not pages; a service's own headers of the same name win. */
const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'interest-cohort=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-site',
} as const;

/** Two years, as browsers' preload lists ask. */
const strictTransport = 'max-age=63072000; includeSubDomains';

/** Sets them before anything is answered. `strict-transport-security` only where the caller came over TLS. */
export function setEdgeHeaders({ responseHeaders }: Asked, protocol: 'http' | 'https'): void {
  Object.assign(responseHeaders, securityHeaders);
  if (protocol === 'https') responseHeaders['strict-transport-security'] = strictTransport;
}

const exposedHeaders =
  'etag, idempotent-replayed, location, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset, x-cart-token, x-request-id';
const allowedHeaders =
  'authorization, content-type, idempotency-key, if-match, if-none-match, traceparent, x-cart-token, x-request-id';
const allowedMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/**
 * Answers a browser's question whether a page may call us; true when the request was such a question and is answered. Only
 * the origins in the list are told yes, each by its name.
 */
export function answerCors(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  origins: readonly string[],
): boolean {
  const { responseHeaders } = asked;
  const { origin } = request.headers;
  // Also without an origin: a cache must not give this answer to a page that it does not name.
  if (origins.length > 0) responseHeaders['vary'] = 'origin';
  if (origin === undefined) return false;
  const isAllowed = origins.includes(origin);
  if (isAllowed) {
    responseHeaders['access-control-allow-origin'] = origin;
    responseHeaders['access-control-expose-headers'] = exposedHeaders;
  }
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
  if (isAllowed) {
    responseHeaders['access-control-allow-methods'] = allowedMethods;
    responseHeaders['access-control-allow-headers'] = allowedHeaders;
    responseHeaders['access-control-max-age'] = '600';
  }
  beginResponse(response, asked, 204, {});
  response.end();
  return true;
}
