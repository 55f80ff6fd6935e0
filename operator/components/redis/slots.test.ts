import test from 'ava';
import fc from 'fast-check';
import { evenShares, listSlots, slotCount, toRanges } from './slots.ts';

test('ranges and lists of slots say the same', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(slotCount - 1), { maxLength: 200 }), (numbers) => {
      const slots = numbers.toSorted((a, b) => a - b);
      const ranges = toRanges(slots);
      t.deepEqual(listSlots(ranges), slots);
      t.true(ranges.every(([first], index) => index === 0 || first > (ranges[index - 1]?.[1] ?? -1) + 1));
    }),
  );
});

test('shares are even and add up', (t) => {
  fc.assert(
    fc.property(fc.nat(slotCount), fc.integer({ min: 1, max: 100 }), (total, size) => {
      const shares = evenShares(total, size);
      t.is(
        shares.reduce((sum, share) => sum + share, 0),
        total,
      );
      t.true(Math.max(...shares) - Math.min(...shares) <= 1);
    }),
  );
});
