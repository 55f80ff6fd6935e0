import test from 'ava';
import fc from 'fast-check';
import { z } from 'zod';
import { uuidv7 } from './ids.ts';

test('ids are version 7 UUIDs that sort by time', (t) => {
  const time = fc.integer({ min: 0, max: 2 ** 47 });
  const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(time, time, random, random, (left, right, a, b) => {
      const [first, second] = [uuidv7(left, a), uuidv7(right, b)];
      return z.uuidv7().safeParse(first).success && (left === right || first < second === left < right);
    }),
  );
  t.not(uuidv7(1), uuidv7(1));
});
