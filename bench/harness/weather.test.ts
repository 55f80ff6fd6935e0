import test from 'ava';
import { disturbanceBetween, parseWeather, stealBetween } from './weather.ts';

const stat = (stolen: number, idle: number) =>
  `cpu  100 0 50 ${idle} 5 0 5 ${stolen} 7 0\ncpu0 1 2 3\nintr 1\nprocs_running 3\nprocs_blocked 0\n`;

test('steal is read from the eighth field, idle and waiting time is not busy, and guest time is not counted twice', (t) => {
  t.deepEqual(parseWeather(stat(40, 800)), { totalTicks: 1000, busyTicks: 195, stolenTicks: 40 });
});

test('the stolen share is that of the time between two readings', (t) => {
  t.is(stealBetween(parseWeather(stat(40, 800)), parseWeather(stat(60, 880))), 0.2);
});

test('what the measured processes did not use went to others', (t) => {
  const before = { totalTicks: 0, busyTicks: 0, stolenTicks: 0 };
  const after = { totalTicks: 100, busyTicks: 60, stolenTicks: 0 };
  t.is(disturbanceBetween(before, after, 400), 0.2);
  t.is(disturbanceBetween(before, after, 700), 0);
});

test('two readings of the same moment show no disturbance', (t) => {
  const now = parseWeather(stat(40, 800));
  t.is(stealBetween(now, now), 0);
  t.is(disturbanceBetween(now, now, 0), 0);
});
