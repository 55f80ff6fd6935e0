import test from 'ava';
import fc from 'fast-check';
import { addressesOf, overlapsSlot } from './addresses.ts';

test('a slot has a link, an address on each side and the address of the API server', (t) => {
  t.deepEqual(addressesOf(7), {
    slot: 7,
    link: 'eclab7',
    hostAddress: '10.246.7.1',
    labAddress: '10.246.7.2',
    serverUrl: 'https://10.246.7.2:6443',
  });
});

test('the name of every link is short enough for the kernel', (t) => {
  t.true(addressesOf(255).link.length <= 15);
});

test('a slot is taken by routes to a part of it, to all of it and to more than it', (t) => {
  for (const route of ['10.246.7.1', '10.246.7.0/30', '10.246.7.0/24', '10.246.0.0/16', '10.0.0.0/8']) {
    t.true(overlapsSlot(route, 7), route);
  }
});

test('a slot is free beside routes to other addresses', (t) => {
  for (const route of [
    '10.246.8.0/30',
    '10.246.7.4/30',
    '192.168.0.0/16',
    '10.247.0.0/16',
    '127.0.0.0/8',
    '172.17.0.1',
  ]) {
    t.false(overlapsSlot(route, 7), route);
  }
});

test('two slots never overlap', (t) => {
  const slot = fc.integer({ min: 0, max: 255 });
  fc.assert(fc.property(slot, slot, (one, other) => overlapsSlot(`10.246.${one}.0/30`, other) === (one === other)));
  t.pass();
});
