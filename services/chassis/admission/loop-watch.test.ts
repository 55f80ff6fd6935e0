import test from 'ava';
import { type LoopLevel, nextLevel, watchLoop } from './loop-watch.ts';

/** The levels after each window. */
function levels(delays: readonly number[]): readonly LoopLevel[] {
  let level: LoopLevel = 0;
  return delays.map((delay) => {
    level = nextLevel(level, delay, 200);
    return level;
  });
}

test('it rises at once, and falls step by step once the process is well below the limit', (t) => {
  t.deepEqual(levels([10, 200, 201, 150, 99, 10]), [0, 0, 1, 1, 0, 0]);
  t.deepEqual(levels([1001, 600, 499, 150, 10]), [2, 2, 1, 1, 0]);
  t.deepEqual(levels([1001, 10, 10]), [2, 1, 0]);
});

test('a process that computes all the time refuses what is sheddable, and takes it again afterwards', async (t) => {
  const watch = watchLoop({ delayMs: 50, windowMs: 200 });
  t.teardown(() => watch.stop());
  const until = async (wanted: boolean, work: () => void) => {
    const begun = performance.now();
    while (watch.isRefused('sheddable') !== wanted && performance.now() - begun < 30_000) {
      work();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    t.is(watch.isRefused('sheddable'), wanted);
  };
  await until(true, () => {
    const end = performance.now() + 100;
    while (performance.now() < end);
  });
  t.false(watch.isRefused('critical'));
  await until(false, () => undefined);
});

test('without a limit nothing is watched', (t) => {
  t.false(watchLoop({ delayMs: 0 }).isRefused('sheddable'));
});
