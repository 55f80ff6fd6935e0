import test from 'ava';
import { Warmth } from './warmth.ts';

/** Requests until it is warm, when the durations of the windows of 100 requests are around `medians`; undefined: it is not. */
function requestsUntilWarm(medians: readonly number[], noise: (request: number) => number = () => 1) {
  const warmth = new Warmth();
  for (const [window, median] of medians.entries()) {
    for (let request = 1; request <= 100; request += 1) {
      warmth.note(median * noise(request));
      if (warmth.isWarm) return window * 100 + request;
    }
  }
  return undefined;
}

test('requests of constant duration are warm after the fewest windows, and no sooner', (t) => {
  t.is(requestsUntilWarm(Array(20).fill(1)), 600);
  t.is(requestsUntilWarm(Array(5).fill(1)), undefined);
  t.is(requestsUntilWarm(Array(20).fill(0)), 600);
});

test('as long as every window is faster by a tenth, it goes on', (t) => {
  const falling = Array.from({ length: 30 }, (_, window) => 100 * 0.85 ** window);
  t.is(requestsUntilWarm(falling), undefined);
  const still = falling.at(-1) ?? 0;
  t.is(requestsUntilWarm([...falling, still, still, still]), 3200);
});

test('small gains are none, however many there are', (t) => {
  t.is(requestsUntilWarm(Array.from({ length: 30 }, (_, window) => 100 * 0.95 ** window)), 600);
});

test('one slow window does not end it, nor do two that are not in a row', (t) => {
  t.is(requestsUntilWarm([10, 8, 6, 5, 4, 3, 9, 2, 9, 1.5, 9, 1, 1, 1]), 1400);
});

test('windows that become slower end it: they are compared with the best, not with the last', (t) => {
  t.is(requestsUntilWarm([10, 8, 6, 5, 4, 3, 9, 8, 7]), 800);
});

test('single slow requests count for nothing', (t) => {
  const falling = [10, 8, 7, 6, 5, 4, 3, 2, 1.5, 1, 1, 1];
  const withPauses = requestsUntilWarm(falling, (request) => (request % 10 < 4 ? 50 : 1));
  t.is(withPauses, 1200);
  t.is(withPauses, requestsUntilWarm(falling));
});
