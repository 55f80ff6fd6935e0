/** How attempts to sign in are counted and when further ones have to wait: values in, values out. */

/** What is known about one counter. */
export interface Attempts {
  /** Failures that are not forgiven yet, as of `updatedAtMs`. */
  readonly failures: number;
  readonly updatedAtMs: number;
  /** 0: never locked. */
  readonly lockedUntilMs: number;
}

export interface LockoutRule {
  /** The failure that locks. */
  readonly failures: number;
  /** The first lock; each further failure doubles it up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** One failure is forgiven in this time. */
  readonly forgiveMs: number;
}

export type Charge =
  | { readonly state: 'allowed'; readonly attempts: Attempts }
  | { readonly state: 'locked'; readonly untilMs: number };

/**
 * Charges one attempt before its password is looked at: guesses that come at once cannot all slip through between the
 * check and the count. A right password takes the charge back. What comes while the lock holds is not counted, so that
 * nobody can keep somebody else locked out for ever.
 */
export function chargeAttempt(attempts: Attempts, rule: LockoutRule, nowMs: number): Charge {
  if (attempts.lockedUntilMs > nowMs) return { state: 'locked', untilMs: attempts.lockedUntilMs };
  // The time of a lock forgives nothing: otherwise long locks would shorten the next one.
  const since = Math.max(attempts.updatedAtMs, attempts.lockedUntilMs);
  const forgiven = Math.max(0, nowMs - since) / rule.forgiveMs;
  const failures = Math.max(0, attempts.failures - forgiven) + 1;
  return {
    state: 'allowed',
    attempts: { failures, updatedAtMs: nowMs, lockedUntilMs: lockEnd(failures, rule, nowMs) },
  };
}

function lockEnd(failures: number, rule: LockoutRule, nowMs: number): number {
  // Rounded: of five failures within a minute a little is forgiven already, and they are five all the same.
  const above = Math.round(failures) - rule.failures;
  return above < 0 ? 0 : nowMs + Math.min(rule.longestMs, rule.firstMs * 2 ** above);
}
