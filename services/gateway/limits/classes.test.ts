import test from 'ava';
import type { Role } from '#contracts/identity.ts';
import { createAllowances } from './classes.ts';

const allowanceFor = createAllowances({
  guestRead: 100,
  guestWrite: 101,
  customerRead: 200,
  customerWrite: 201,
  staffRead: 300,
  staffWrite: 301,
  sensitive: 10,
  checkout: 11,
  search: 12,
});

const guest = { identity: undefined, address: '198.51.100.1' };
const as = (role: Role) => ({ identity: { subject: 'u', roles: [role] }, address: '198.51.100.1' });
/** Requests a minute and what counts them. */
const of = (...request: Parameters<typeof allowanceFor>) => {
  const { limitClass, rate, subject } = allowanceFor(...request);
  return [Math.round(60_000 / rate.intervalMs), limitClass, subject];
};

test('each class has its own allowance, so that searching never takes away from buying', (t) => {
  t.deepEqual(of(guest, { method: 'GET', limit: 'standard' }), [100, 'read', 'ip:198.51.100.1']);
  t.deepEqual(of(guest, { method: 'POST', limit: 'standard' }), [101, 'write', 'ip:198.51.100.1']);
  t.deepEqual(of(guest, { method: 'POST', limit: 'sensitive' }), [10, 'sensitive', 'ip:198.51.100.1']);
  t.deepEqual(of(as('customer'), { method: 'POST', limit: 'checkout' }), [11, 'checkout', 'user:u']);
  t.deepEqual(of(as('customer'), { method: 'GET', limit: 'search' }), [12, 'search', 'user:u']);
});

test('looking at what is dear to change is an ordinary read, and the staff has its own rates', (t) => {
  t.deepEqual(of(as('customer'), { method: 'GET', limit: 'checkout' }), [200, 'read', 'user:u']);
  t.deepEqual(of(as('customer'), { method: 'HEAD', limit: 'sensitive' }), [200, 'read', 'user:u']);
  for (const limit of ['sensitive', 'checkout'] as const)
    t.deepEqual(of(as('support'), { method: 'POST', limit }), [301, 'write', 'user:u']);
  t.deepEqual(of(as('warehouse'), { method: 'GET', limit: 'search' }), [300, 'read', 'user:u']);
});
