import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { createClientAddresses } from './client-address.ts';

const addresses = createClientAddresses(['10.0.0.0/8', 'fc00::/7']);
const aRequest = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage; // the two members that are read

test('a stranger’s X-Forwarded-For is not believed', (t) => {
  const request = aRequest('203.0.113.9', { 'x-forwarded-for': '198.51.100.1', 'x-forwarded-proto': 'https' });
  t.is(addresses.addressOf(request), '203.0.113.9');
  t.is(addresses.protocolOf(request), 'http');
});

test('behind trusted proxies the last untrusted address counts', (t) => {
  const forwarded = { 'x-forwarded-for': '1.1.1.1, 198.51.100.1, 10.9.9.9', 'x-forwarded-proto': 'https' };
  t.is(addresses.addressOf(aRequest('10.1.2.3', forwarded)), '198.51.100.1');
  t.is(addresses.addressOf(aRequest('::ffff:10.1.2.3', forwarded)), '198.51.100.1');
  t.is(addresses.protocolOf(aRequest('fd00::1', forwarded)), 'https');
});

test('inside only, the outermost trusted address counts, and nonsense is cut off', (t) => {
  t.is(addresses.addressOf(aRequest('10.1.2.3', { 'x-forwarded-for': '10.0.0.7' })), '10.0.0.7');
  t.is(addresses.addressOf(aRequest('10.1.2.3', { 'x-forwarded-for': 'unknown, 10.0.0.7' })), '10.0.0.7');
  t.is(addresses.addressOf(aRequest('10.1.2.3', { 'x-forwarded-for': '' })), '10.1.2.3');
});
