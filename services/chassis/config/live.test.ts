import test from 'ava';
import { derive, fixed } from './live.ts';

test('what is made of a live value is made once for each', (t) => {
  const source = { current: 1 };
  let made = 0;
  const doubled = derive(source, (value) => {
    made += 1;
    return value * 2;
  });
  t.is(made, 0);
  t.deepEqual([doubled.current, doubled.current], [2, 2]);
  t.is(made, 1);
  source.current = 4;
  t.is(doubled.current, 8);
  t.is(derive(doubled, String).current, '8');
  t.is(fixed('x').current, 'x');
});
