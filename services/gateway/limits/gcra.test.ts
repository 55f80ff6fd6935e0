import test from 'ava';
import fc from 'fast-check';
import { decide, type Rate, ratePerMinute } from './gcra.ts';

/** Sends requests at the given times and tells which were allowed. */
function allowed(rate: Rate, times: readonly number[]): readonly boolean[] {
  let arrival: number | undefined;
  return times.map((now) => {
    const { decision, next } = decide(rate, arrival, now);
    arrival = next;
    return decision.isAllowed;
  });
}

test('a burst is allowed at once and then one per interval', (t) => {
  const rate = { burst: 3, intervalMs: 1000 };
  t.deepEqual(allowed(rate, [0, 0, 0, 0, 999, 1000, 1001, 9000, 9000, 9000, 9000]), [
    true,
    true,
    true,
    false,
    false,
    true,
    false,
    true,
    true,
    true,
    false,
  ]);
});

test('what is left is told', (t) => {
  const rate = { burst: 3, intervalMs: 1000 };
  t.deepEqual(decide(rate, undefined, 0).decision, { isAllowed: true, remaining: 2, resetMs: 1000, retryAfterMs: 0 });
  t.deepEqual(decide(rate, 3000, 0).decision, { isAllowed: false, remaining: 0, resetMs: 3000, retryAfterMs: 1000 });
});

test('in any stretch of time no more than burst plus rate are allowed', (t) => {
  const times = fc
    .array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 300 })
    .map((list) => list.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), times, (perMinute, sorted) => {
      const rate = ratePerMinute(perMinute);
      const passed = sorted.filter((_, index) => allowed(rate, sorted)[index]);
      const span = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
      return passed.length <= rate.burst + Math.floor(span / rate.intervalMs + 0.001);
    }),
    { numRuns: 50 },
  );
  t.pass();
});

test('a minute’s requests can be sent within the minute', (t) => {
  for (const requests of [1, 4, 30, 1200, 12_000]) {
    const rate = ratePerMinute(requests);
    const times = Array.from({ length: requests }, (_, index) => index * rate.intervalMs);
    t.true(allowed(rate, times).every(Boolean), String(requests));
  }
});
