import test from 'ava';
import { parseWeather, stealBetween } from './weather.ts';

const stat = (stolen: number, idle: number) =>
  `cpu  100 0 50 ${idle} 5 0 5 ${stolen} 7 0\ncpu0 1 2 3\nintr 1\nprocs_running 3\nprocs_blocked 0\n`;

test('steal is read from the eighth field, and guest time is not counted twice', (t) => {
  t.deepEqual(parseWeather(stat(40, 800)), { totalTicks: 1000, stolenTicks: 40, running: 3 });
});

test('the stolen share is that of the time between two readings', (t) => {
  t.is(stealBetween(parseWeather(stat(40, 800)), parseWeather(stat(60, 880))), 0.2);
});

test('two readings of the same moment show no steal', (t) => {
  const now = parseWeather(stat(40, 800));
  t.is(stealBetween(now, now), 0);
});
