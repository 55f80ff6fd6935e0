import test from 'ava';
import { hasAnyRole, isRole } from './identity.ts';

test('one of the wanted roles is enough', (t) => {
  t.true(hasAnyRole({ subject: 'u', roles: ['customer', 'admin'] }, ['admin', 'support']));
  t.false(hasAnyRole({ subject: 'u', roles: ['customer'] }, ['admin']));
  t.false(hasAnyRole(undefined, ['admin']));
});

test('a role that nobody defined is no role', (t) => {
  t.false(isRole('root'));
  t.true(isRole('catalog-manager'));
});
