import test from 'ava';
import { cpuBetween, cpuMsOf, ownMeter, parseProcessCpu, readMeters } from './process-cpu.ts';

test('user and system time are found behind a name with blanks and brackets', (t) => {
  t.is(parseProcessCpu('7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20 0'), 1500);
});

test('a process that is gone has no CPU time', (t) => {
  t.is(cpuMsOf(2 ** 22 + 1), undefined);
  t.deepEqual(readMeters([{ name: 'gone', read: () => undefined }]), {});
});

test('work of this process is seen by its own meter', (t) => {
  const meter = ownMeter('client');
  const before = readMeters([meter]);
  let sum = 0;
  for (let i = 0; i < 5e6; i += 1) {
    sum += Math.sqrt(i);
  }
  t.true((cpuBetween(before, readMeters([meter]))['client'] ?? 0) > 0, String(sum));
});

test('a process that began in between counts from zero', (t) => {
  t.deepEqual(cpuBetween({ a: 5 }, { a: 8, b: 2 }), { a: 3, b: 2 });
});
