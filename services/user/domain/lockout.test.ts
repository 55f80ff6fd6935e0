import test from 'ava';
import fc from 'fast-check';
import { type Attempts, chargeAttempt, type LockoutRule } from './lockout.ts';

const rule: LockoutRule = { failures: 5, firstMs: 30_000, longestMs: 3_600_000, forgiveMs: 600_000 };
const fresh: Attempts = { failures: 0, updatedAtMs: 0, lockedUntilMs: 0 };

/** Charges an attempt that must be allowed. */
function charge(attempts: Attempts, nowMs: number, by = rule): Attempts {
  const result = chargeAttempt(attempts, by, nowMs);
  if (result.state !== 'allowed') throw new Error(`locked until ${result.untilMs}`);
  return result.attempts;
}

test('the fifth failure within minutes locks, the ones before do not', (t) => {
  let attempts = fresh;
  for (let second = 1; second <= 5; second += 1) {
    t.is(attempts.lockedUntilMs, 0);
    attempts = charge(attempts, second * 20_000);
  }
  t.is(attempts.lockedUntilMs, 100_000 + 30_000);
});

test('each failure after a lock doubles it, up to the longest', (t) => {
  let attempts = fresh;
  let now = 0;
  const locks: number[] = [];
  while (locks.length < 9) {
    attempts = charge(attempts, now);
    if (attempts.lockedUntilMs > 0) locks.push(attempts.lockedUntilMs - now);
    now = Math.max(now, attempts.lockedUntilMs);
  }
  t.deepEqual(locks, [30_000, 60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 3_600_000, 3_600_000]);
});

test('while a lock holds nothing is counted', (t) => {
  const locked: Attempts = { failures: 5, updatedAtMs: 0, lockedUntilMs: 30_000 };
  t.deepEqual(chargeAttempt(locked, rule, 29_999), { state: 'locked', untilMs: 30_000 });
  t.is(charge(locked, 30_000).lockedUntilMs, 30_000 + 60_000);
});

test('failures are forgiven one by one with time', (t) => {
  const four: Attempts = { failures: 4, updatedAtMs: 0, lockedUntilMs: 0 };
  t.is(charge(four, 0).failures, 5);
  t.is(charge(four, 2 * rule.forgiveMs).failures, 3);
  t.is(charge(four, 100 * rule.forgiveMs).failures, 1);
});

/** How many of the attempts with these pauses are let through, and all locks that they cause. */
function replay(pauses: readonly number[]): {
  readonly allowed: number;
  readonly locks: readonly number[];
  readonly endMs: number;
} {
  let attempts = fresh;
  let now = 0;
  let allowed = 0;
  const locks: number[] = [];
  for (const pause of pauses) {
    now += pause;
    const result = chargeAttempt(attempts, rule, now);
    if (result.state === 'allowed') {
      attempts = result.attempts;
      allowed += 1;
      if (attempts.lockedUntilMs > 0) locks.push(attempts.lockedUntilMs - now);
    }
  }
  return { allowed, locks, endMs: now };
}

test('whatever comes when, guesses are never more than the rule lets through, and no lock is longer than the longest', (t) => {
  const pauses = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(pauses, (list) => {
      const { allowed, locks, endMs } = replay(list);
      const isBounded = locks.every((lock) => lock >= rule.firstMs && lock <= rule.longestMs);
      // Five at once, then one per lock, of which each is twice the one before.
      return isBounded && allowed <= 5 + 1 + Math.log2(1 + endMs / rule.firstMs) + endMs / rule.forgiveMs;
    }),
  );
  t.pass();
});
