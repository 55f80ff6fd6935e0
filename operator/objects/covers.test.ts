import test from 'ava';
import fc from 'fast-check';
import { covers } from './covers.ts';

test('additional fields do not matter, missing and different ones do', (t) => {
  t.true(covers({ a: 1, b: 2 }, { a: 1 }));
  t.false(covers({ b: 2 }, { a: 1 }));
  t.false(covers({ a: 2 }, { a: 1 }));
});

test('lists must have the same length and order', (t) => {
  t.true(covers([{ a: 1, d: 0 }, 2], [{ a: 1 }, 2]));
  t.false(covers([1, 2], [2, 1]));
  t.false(covers([1, 2, 3], [1, 2]));
});

test('everything covers itself', (t) => {
  fc.assert(fc.property(fc.jsonValue(), (value) => covers(value, value)));
  t.pass();
});
