import { isIP } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { networkOf, normalizeAddress } from './ip-address.ts';

test('equal addresses have one form', (t) => {
  const forms: readonly (readonly [string, string | undefined])[] = [
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    ['::', '::'],
    ['unknown', undefined],
    ['', undefined],
    ['1.2.3', undefined],
    ['1.2.3.4.5', undefined],
    ['_hidden', undefined],
  ];
  for (const [text, normal] of forms) t.is(normalizeAddress(text), normal, text);
});

test('an IPv6 customer is a /64, an IPv4 customer an address', (t) => {
  t.is(networkOf('203.0.113.9'), '203.0.113.9');
  t.is(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  t.is(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:2:ffff::9'));
  t.not(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
  t.is(networkOf('::1'), '0:0:0:0::/64');
  t.is(networkOf('1::'), '1:0:0:0::/64');
});

test('every address has a form that stays, and every host of a /64 the same network', (t) => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV4(), (v6, v4) => {
      for (const text of [v6, v4, `::ffff:${v4}`]) {
        const normal = normalizeAddress(text) ?? '';
        t.not(isIP(normal), 0, text);
        t.is(normalizeAddress(normal), normal);
      }
      t.is(normalizeAddress(`::ffff:${v4}`), normalizeAddress(v4));
    }),
  );
  const group = fc.integer({ min: 1, max: 0xfffe }).map((value) => value.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
  fc.assert(
    fc.property(half, half, half, (network, host, other) => {
      t.is(networkOf(`${network}:${host}`), networkOf(`${network}:${other}`));
    }),
  );
});

test('whatever a header holds is an address or nothing', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const normal = normalizeAddress(text);
      t.true(normal === undefined || isIP(normal) !== 0);
    }),
  );
});
