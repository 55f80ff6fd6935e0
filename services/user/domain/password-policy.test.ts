import test from 'ava';
import { commonPasswords } from './common-passwords.ts';
import { findPasswordFault, normalizePassword } from './password-policy.ts';

test('length counts characters as people see them, after normalising', (t) => {
  t.regex(findPasswordFault('seven77') ?? '', /at least 8/);
  t.is(findPasswordFault('eight 88'), undefined);
  t.is(findPasswordFault('🦊🐻🐼🐨🐯🦁🐮🐷'), undefined, 'eight, although sixteen code units');
  t.regex(findPasswordFault('ﬃﬃ') ?? '', /at least 8/, 'two ligatures are six letters');
  t.is(findPasswordFault('x y'.repeat(42)), undefined);
  t.regex(findPasswordFault('x y'.repeat(43)) ?? '', /at most 128/);
  t.regex(findPasswordFault('é'.repeat(513)) ?? '', /at most 1024 bytes/);
});

test('no composition is asked for', (t) => {
  for (const password of ['onlylowercaseletters', 'ONLYCAPITALS', '83920174652', '          .', 'пароль и ещё'])
    t.is(findPasswordFault(password), undefined, password);
});

test('what attackers try first is refused in any case: common ones, runs, the own address', (t) => {
  const guessable = ['password1', 'PassWord1', 'Letmein123', 'zzzzzzzz', '12345678', '87654321', 'abcdefghij'];
  for (const password of guessable) t.regex(findPasswordFault(password) ?? '', /attackers/, password);
  t.regex(findPasswordFault('ada.lovelace', 'Ada.Lovelace@example.org') ?? '', /attackers/);
  t.regex(findPasswordFault('ada.lovelace@example.org', 'Ada.Lovelace@example.org') ?? '', /attackers/);
  t.is(findPasswordFault('ada.lovelace', 'grace@example.org'), undefined);
});

test('the list holds what it is looked up by, and nothing that length refuses anyway', (t) => {
  t.true(commonPasswords.size > 300);
  for (const word of commonPasswords) {
    t.is(word, normalizePassword(word).toLowerCase());
    t.true([...word].length >= 7, word);
  }
});
