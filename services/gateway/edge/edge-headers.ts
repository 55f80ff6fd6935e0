/** Headers that every answer of the gateway carries, and who may read them from a browser. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** For data, not pages; a service's own headers of the same name win. */
const securityHeaders: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['referrer-policy', 'no-referrer'],
  ['permissions-policy', 'interest-cohort=()'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-site'],
];

/** Two years, as browsers' preload lists ask. */
const strictTransport = 'max-age=63072000; includeSubDomains';

/** Sets them before anything is answered. `strict-transport-security` only where the caller came over TLS. */
export function setEdgeHeaders(response: ServerResponse, protocol: 'http' | 'https'): void {
  for (const [name, value] of securityHeaders) response.setHeader(name, value);
  if (protocol === 'https') response.setHeader('strict-transport-security', strictTransport);
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
export function answerCors(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): boolean {
  const { origin } = request.headers;
  // Also without an origin: a cache must not give this answer to a page that it does not name.
  if (origins.length > 0) response.setHeader('vary', 'origin');
  if (origin === undefined) return false;
  const isAllowed = origins.includes(origin);
  if (isAllowed) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', exposedHeaders);
  }
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
  if (isAllowed) {
    response.setHeader('access-control-allow-methods', allowedMethods);
    response.setHeader('access-control-allow-headers', allowedHeaders);
    response.setHeader('access-control-max-age', '600');
  }
  response.writeHead(204).end();
  return true;
}
