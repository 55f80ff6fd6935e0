import test from 'ava';
import { networkOf } from './ip-address.ts';

test('an IPv6 customer is a /64 however it is written, an IPv4 customer an address', (t) => {
  t.is(networkOf('203.0.113.9'), '203.0.113.9');
  t.is(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  t.is(networkOf('2001:DB8:1:2::1'), networkOf('2001:db8:1:2:ffff::9'));
  t.not(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
  t.is(networkOf('::1'), '0:0:0:0::/64');
  t.is(networkOf('1::'), '1:0:0:0::/64');
});

test('what is no address is its own network', (t) => {
  for (const text of ['', 'unknown', ':', 'a:b', '1:2:3:4:5:6:7:8:9']) t.is(networkOf(text), text);
});
