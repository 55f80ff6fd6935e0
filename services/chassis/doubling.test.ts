import test from 'ava';
import { doublingMs } from './doubling.ts';

test('a wait doubles with each failure and stays at its longest', (t) => {
  const waits = [1, 2, 3, 4, 5, 2000].map((failures) => doublingMs({ first: 100, last: 1000 }, failures));
  t.deepEqual(waits, [100, 200, 400, 800, 1000, 1000]);
});
