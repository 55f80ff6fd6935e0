import test from 'ava';
import fc from 'fast-check';
import { ProblemError } from '../problem.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const list = { sort: 'title', category: null };

test('a position survives the way through a cursor', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 200 }), fc.integer()), fc.uuid(), (key, id) => {
      t.deepEqual(decodeCursor(list, encodeCursor(list, [key, id])), [key, id]);
    }),
  );
});

test('a cursor of another list or of nobody is refused', (t) => {
  const cursor = encodeCursor(list, ['a', '01a20792-7531-7b89-86c5-c73c7e30f850']);
  const codes = [
    () => decodeCursor({ ...list, sort: '-title' }, cursor),
    () => decodeCursor(list, 'garbage'),
    () => decodeCursor(list, Buffer.from('{"list":"x","after":[1]}').toString('base64url')),
  ].map((decode) => t.throws(decode, { instanceOf: ProblemError })?.code);
  t.deepEqual(codes, ['invalid-cursor', 'invalid-cursor', 'invalid-cursor']);
});

test('any text is read or refused, never a defect', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      t.throws(() => decodeCursor(list, text), { instanceOf: ProblemError });
    }),
  );
});
