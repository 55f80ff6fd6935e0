import test from 'ava';
import fc from 'fast-check';
import { median, pairRatios, quantile } from './statistics.ts';

test('the median of an odd number of values is the middle one, of an even number the mean of the middle two', (t) => {
  t.is(median([9, 1, 5]), 5);
  t.is(median([4, 1, 3, 2]), 2.5);
});

test('quantiles are interpolated between neighbours and reach both ends', (t) => {
  t.is(quantile([10, 20, 30], 0), 10);
  t.is(quantile([10, 20, 30], 1), 30);
  t.is(quantile([10, 20], 0.25), 12.5);
});

test('a quantile of nothing is refused', (t) => {
  t.throws(() => quantile([], 0.5), { instanceOf: RangeError, message: /nothing was measured/ });
});

test('quantiles lie between the extremes and grow with their share', (t) => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  const share = fc.double({ noNaN: true, min: 0, max: 1 });
  fc.assert(
    fc.property(values, share, share, (list, one, other) => {
      const low = quantile(list, Math.min(one, other));
      const high = quantile(list, Math.max(one, other));
      return low >= Math.min(...list) - 1e-6 && high <= Math.max(...list) + 1e-6 && low <= high + 1e-6;
    }),
  );
  t.pass();
});

test('ratios are taken pair by pair, so a slow round does not count', (t) => {
  const summary = pairRatios([1, 20, 3], [2, 40, 3]);
  t.deepEqual(summary, { median: 0.5, lowest: 0.5, highest: 1, pairs: 3 });
});

test('values without partners are refused', (t) => {
  t.throws(() => pairRatios([1, 2], [1]), { instanceOf: RangeError });
});
