/** Names of HTTP headers that the shop's own processes agree on. Lower case, as Node gives them. */
import { randomBytes, randomFillSync } from 'node:crypto';

export const headers = {
  /** Correlates logs, events and errors of one request over all services. */
  requestId: 'x-request-id',
  /** Milliseconds that are left for the answer; set by the gateway, decreased at each hop. */
  deadlineMs: 'x-deadline-ms',
  /** Who is calling, signed by the gateway; never accepted from outside. */
  internalIdentity: 'x-internal-identity',
  /** W3C trace context. */
  traceparent: 'traceparent',
  idempotencyKey: 'idempotency-key',
  /** Secret of a guest's cart. */
  cartToken: 'x-cart-token',
} as const;

/** The same for browsers. The prefix makes them take it from this host only, over TLS only. */
export const cartCookie = '__Host-cart';

/** A request id that we accept from a caller: printable, short, harmless in logs and URNs. */
export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._~-]{8,64}$/.test(value);
}

/** Trace id of a valid `traceparent` (version 00), or nothing. All-zero ids are invalid by the W3C text. */
export function parseTraceId(traceparent: unknown): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent);
  const [, traceId, parentId] = match ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  return /^0+$/.test(traceId) || /^0+$/.test(parentId) ? undefined : traceId;
}

/** A `traceparent` for one call or event of the trace, with a span id of its own; a trace begins with it where there is none. */
export function formatTraceparent(traceId: string | undefined): string {
  return `00-${traceId ?? randomBytes(16).toString('hex')}-${newSpanId()}-01`;
}

const spanIdBytes = 8;
/** Random bytes in store: to fetch eight of them takes as long as to fetch thousands. */
const randomPool = Buffer.alloc(spanIdBytes * 512);
let used = randomPool.length;

function newSpanId(): string {
  if (used === randomPool.length) {
    randomFillSync(randomPool);
    used = 0;
  }
  used += spanIdBytes;
  return randomPool.toString('hex', used - spanIdBytes, used);
}
