import test from 'ava';
import { startsOf } from './starts.ts';

test('the starts are spread evenly over the interval, and so is every other one', (t) => {
  const starts = startsOf(60_000, 1000);
  for (const some of [starts, starts.filter((_, index) => index % 2 === 0)]) {
    const tenths = Map.groupBy(some, (at) => Math.floor((at % 1000) / 100));
    t.is(tenths.size, 10);
    for (const [tenth, { length }] of tenths)
      t.true(Math.abs(length - some.length / 10) <= 3, `${length} of ${some.length} in tenth ${tenth}`);
  }
});

test('they last as long as was asked for', (t) => {
  const starts = startsOf(6000, 1000);
  t.is(starts[0], 0);
  t.is(starts.length, 32);
  t.true(starts.every((at) => at < 6000));
});
