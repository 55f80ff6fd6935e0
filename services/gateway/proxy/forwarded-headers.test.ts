import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { toClientHeaders, toUpstreamHeaders } from './forwarded-headers.ts';

const facts = {
  requestId: 'request-1',
  traceparent: '00-a-b-01',
  deadlineMs: 4000,
  internalIdentity: 'signed',
  clientAddress: '198.51.100.1',
  protocol: 'https',
} as const;

function forwarded(headers: Record<string, string | string[]>): Record<string, string> {
  const list = toUpstreamHeaders({ headers } as unknown as IncomingMessage, facts); // the one member that is read
  return Object.fromEntries(
    Array.from({ length: list.length / 2 }, (_, index) => [list[index * 2], list[index * 2 + 1]]),
  );
}

test('what a caller says about himself is replaced by what we know', (t) => {
  const sent = forwarded({
    host: 'shop.localhost',
    authorization: 'Bearer token',
    'x-internal-identity': 'forged',
    'x-user-id': 'forged',
    'x-forwarded-for': '1.1.1.1',
    'x-deadline-ms': '999999',
    accept: 'application/json',
  });
  t.deepEqual(sent, {
    accept: 'application/json',
    'x-request-id': 'request-1',
    traceparent: '00-a-b-01',
    'x-deadline-ms': '4000',
    'x-forwarded-for': '198.51.100.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.localhost',
    'x-internal-identity': 'signed',
  });
});

test('headers of one connection stay on it, also those that Connection names', (t) => {
  const sent = forwarded({
    connection: 'keep-alive, X-Secret',
    'x-secret': '1',
    te: 'trailers',
    'transfer-encoding': 'chunked',
    upgrade: 'h2c',
    accept: '*/*',
  });
  t.is(sent['accept'], '*/*');
  for (const name of ['connection', 'x-secret', 'te', 'transfer-encoding', 'upgrade']) t.false(name in sent, name);
});

test('a response keeps its cookies and loses what is not for the caller', (t) => {
  const headers = toClientHeaders({
    'set-cookie': ['a=1', 'b=2'],
    'keep-alive': 'timeout=5',
    connection: 'close',
    server: 'x',
    etag: '"v1"',
  });
  t.deepEqual(headers, { 'set-cookie': ['a=1', 'b=2'], etag: '"v1"' });
});
