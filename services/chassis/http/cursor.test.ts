import test from 'ava';
import fc from 'fast-check';
import { ProblemError } from '../problem.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const list = { sort: 'title', category: null };

test('a position survives the way through a cursor', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 200 }), fc.integer()), fc.uuid(), (key, id) => {
      fc.pre(typeof key === 'number' || !key.includes('\0'));
      const kind = typeof key === 'number' ? 'integer' : 'text';
      t.deepEqual(decodeCursor(list, encodeCursor(list, [key, id]), kind), [key, id]);
    }),
  );
});

test('a cursor of another list or of nobody is refused', (t) => {
  const cursor = encodeCursor(list, ['a', '01a20792-7531-7b89-86c5-c73c7e30f850']);
  const codes = [
    () => decodeCursor({ ...list, sort: '-title' }, cursor, 'text'),
    () => decodeCursor(list, 'garbage', 'text'),
    () => decodeCursor(list, Buffer.from('{"list":"x","after":[1]}').toString('base64url'), 'text'),
  ].map((decode) => t.throws(decode, { instanceOf: ProblemError })?.code);
  t.deepEqual(codes, ['invalid-cursor', 'invalid-cursor', 'invalid-cursor']);
});

test('any text is read or refused, never a defect', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      t.throws(() => decodeCursor(list, text, 'text'), { instanceOf: ProblemError });
    }),
  );
});

test('a crafted sort key that the database would not take is refused', (t) => {
  const id = '01a20792-7531-7b89-86c5-c73c7e30f850';
  for (const [key, kind] of [
    ['abc', 'integer'],
    ['1.5', 'integer'],
    [7, 'text'],
    ['a\0b', 'text'],
  ] as const) {
    const error = t.throws(() => decodeCursor(list, encodeCursor(list, [key, id]), kind), { instanceOf: ProblemError });
    t.is(error?.code, 'invalid-cursor');
  }
});
