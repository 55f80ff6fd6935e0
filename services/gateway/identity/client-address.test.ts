import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { createClientAddresses } from './client-address.ts';

const networks = ['10.0.0.0/8', 'fc00::/7'];
const one = createClientAddresses({ hops: 1, networks });
const two = createClientAddresses({ hops: 2, networks });
const aRequest = (remoteAddress: string, forwardedFor?: string, protocol = 'https'): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: {
      'x-forwarded-proto': protocol,
      ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
    },
  }) as unknown as IncomingMessage; // the two members that are read

test('a stranger’s X-Forwarded-For is not believed', (t) => {
  const request = aRequest('203.0.113.9', '198.51.100.1');
  for (const addresses of [one, two]) {
    t.is(addresses.clientOf(request).address, '203.0.113.9');
    t.is(addresses.clientOf(request).protocol, 'http');
  }
});

test('behind one proxy nothing that the caller writes changes its address, wherever the caller is', (t) => {
  for (const caller of ['198.51.100.1', '10.5.5.5', 'fd00::5', '2001:db8::5']) {
    for (const spoofed of ['', '1.1.1.1, ', '1.1.1.1, 10.9.9.9, ', 'unknown, ', ', , ', '10.5.5.6,10.5.5.7,']) {
      t.is(one.clientOf(aRequest('10.1.2.3', `${spoofed}${caller}`)).address, caller, `${spoofed}${caller}`);
    }
  }
});

test('behind two proxies the entry of the outer one counts, and what is left of it does not', (t) => {
  t.is(two.clientOf(aRequest('10.1.2.3', '1.1.1.1, 198.51.100.1, 10.9.9.9')).address, '198.51.100.1');
  t.is(two.clientOf(aRequest('10.1.2.3', '1.1.1.1, 10.5.5.5, 10.9.9.9')).address, '10.5.5.5');
  // The inner proxy was asked directly: there is no second one to believe.
  t.is(two.clientOf(aRequest('10.1.2.3', '1.1.1.1, 198.51.100.1')).address, '198.51.100.1');
  t.is(two.clientOf(aRequest('10.1.2.3', '198.51.100.1')).address, '198.51.100.1');
});

test('without proxies, or without their header, the other end of the connection counts', (t) => {
  const none = createClientAddresses({ hops: 0, networks });
  t.is(none.clientOf(aRequest('10.1.2.3', '198.51.100.1')).address, '10.1.2.3');
  t.is(none.clientOf(aRequest('10.1.2.3', '198.51.100.1')).protocol, 'http');
  for (const nonsense of [undefined, '', 'unknown', '198.51.100.1, unknown'])
    t.is(one.clientOf(aRequest('10.1.2.3', nonsense)).address, '10.1.2.3', nonsense);
});

test('an address is told in one form, and a proxy is known in all of its forms', (t) => {
  for (const peer of ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203']) {
    t.is(one.clientOf(aRequest(peer, '::ffff:198.51.100.1')).address, '198.51.100.1');
    t.is(one.clientOf(aRequest(peer)).protocol, 'https');
  }
  t.is(one.clientOf(aRequest('fd00::1', '2001:DB8:0::1')).address, '2001:db8::1');
  t.is(one.clientOf(aRequest('10.1.2.3', '[2001:db8::1]:4711')).address, '2001:db8::1');
});
