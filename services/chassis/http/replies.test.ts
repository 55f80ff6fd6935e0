import test from 'ava';
import { matchesETag, parseIfMatch, toETag } from './replies.ts';

test('a version survives the way through an entity tag', (t) => {
  t.is(parseIfMatch(toETag(7)), 7);
  t.is(parseIfMatch(' * '), 'any');
});

test('what names none of our versions fails the precondition', (t) => {
  for (const value of ['', '7', 'W/"v7"', '"v7", "v8"', '"v-1"', '"v99999999999"']) {
    t.throws(() => parseIfMatch(value), { message: /If-Match/ }, value);
  }
});

test('If-None-Match is compared weakly and may be a list', (t) => {
  t.true(matchesETag('"v1", W/"v2"', '"v2"'));
  t.true(matchesETag('*', '"v2"'));
  t.false(matchesETag('"v1"', '"v2"'));
  t.false(matchesETag(undefined, '"v2"'));
});
