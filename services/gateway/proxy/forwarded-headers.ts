/** Which headers go through the gateway, in each direction. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { headers as names } from '#contracts/headers.ts';

/** Belong to one connection, not to the message (RFC 9110 §7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Written by us and never taken from outside; the token stays here, services get the internal identity. */
const replaced = new Set<string>([
  'host',
  'expect',
  'authorization',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
  names.requestId,
  names.deadlineMs,
  names.internalIdentity,
  names.traceparent,
]);

/** What the gateway adds to a request. */
export interface ForwardedFacts {
  readonly requestId: string;
  readonly traceparent: string;
  readonly deadlineMs: number;
  /** Absent for a guest. */
  readonly internalIdentity: string | undefined;
  readonly clientAddress: string;
  readonly protocol: 'http' | 'https';
}

/** Headers for the service: a flat list of names and values, as received apart from what is ours. */
export function toUpstreamHeaders(request: IncomingMessage, facts: ForwardedFacts): string[] {
  const dropped = connectionOptions(request.headers.connection);
  const list: string[] = [];
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || isOurs(name) || dropped.has(name)) continue;
    // Node gives a list for set-cookie only, which no request has.
    list.push(name, String(value));
  }
  list.push(names.requestId, facts.requestId, names.traceparent, facts.traceparent);
  list.push(names.deadlineMs, String(facts.deadlineMs));
  list.push('x-forwarded-for', facts.clientAddress, 'x-forwarded-proto', facts.protocol);
  if (request.headers.host !== undefined) list.push('x-forwarded-host', request.headers.host);
  if (facts.internalIdentity !== undefined) list.push(names.internalIdentity, facts.internalIdentity);
  return list;
}

function isOurs(name: string): boolean {
  return hopByHop.has(name) || replaced.has(name) || name.startsWith('x-user-');
}

/** Headers of a service's response for the caller. The caller knows the request id from us. */
export function toClientHeaders(upstream: IncomingHttpHeaders): OutgoingHttpHeaders {
  const dropped = connectionOptions(upstream.connection);
  const result: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(upstream)) {
    if (value === undefined || hopByHop.has(name) || dropped.has(name) || name === 'server' || name === names.requestId)
      continue;
    result[name] = value;
  }
  return result;
}

const none: ReadonlySet<string> = new Set();

/** Headers that the sender declares to be for this connection only. */
function connectionOptions(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return none;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((option) => option.trim()),
  );
}
