import test from 'ava';
import fc from 'fast-check';
import { roles } from '#contracts/identity.ts';
import { isCountryCode } from './countries.ts';
import { emailKey } from './email.ts';
import { scopeOf } from './scopes.ts';
import { chooseSigningKey } from './signing-key-choice.ts';

test('spellings of one mailbox have one key, and a key is its own', (t) => {
  t.is(emailKey('Ada@Example.ORG'), emailKey('ada@example.org'));
  t.is(emailKey('ａda@example.org'), emailKey('ada@example.org'));
  t.not(emailKey('ada+shop@example.org'), emailKey('ada@example.org'));
  fc.assert(fc.property(fc.string(), (text) => emailKey(emailKey(text)) === emailKey(text)));
});

test('scopes are those of all roles, each once, in order', (t) => {
  t.is(scopeOf(['customer']), 'cart orders profile');
  t.is(scopeOf(['warehouse', 'support']), scopeOf(['support', 'warehouse']));
  const list = scopeOf(roles).split(' ');
  t.deepEqual(list, [...new Set(list)].toSorted());
  t.is(scopeOf(['service']), '');
  t.false(scopeOf(['customer', 'support', 'warehouse', 'catalog-manager']).includes('users:write'));
});

test('the first key that was published long enough signs, otherwise the one published longest', (t) => {
  const key = (kid: string, publishedForMs: number) => ({ kid, publishedForMs });
  const choose = (...keys: readonly ReturnType<typeof key>[]) => chooseSigningKey(keys, 100)?.kid;
  t.is(choose(key('new', 99), key('old', 500)), 'old');
  t.is(choose(key('new', 100), key('old', 500)), 'new');
  t.is(choose(key('new', 0)), 'new');
  t.is(choose(key('a', 5), key('b', 9)), 'b');
  t.is(choose(), undefined);
});

test('countries are those of ISO 3166-1', (t) => {
  for (const code of ['DE', 'AT', 'US', 'ZW', 'AX']) t.true(isCountryCode(code), code);
  for (const code of ['XX', 'EU', 'UK', 'de', '', 'DEU']) t.false(isCountryCode(code), code);
});
