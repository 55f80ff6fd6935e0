/** Leaves a service alone that keeps failing: its callers get their answer at once, and it gets time to recover. */

export interface BreakerRules {
  /** Calls are counted over this time, milliseconds. */
  readonly windowMs: number;
  /** Fewer calls than this in the window say nothing. */
  readonly minimumCalls: number;
  /** From this share of failures on it opens, 0 to 1. */
  readonly failureShare: number;
  /** How long nothing is passed on, milliseconds. */
  readonly openMs: number;
  /** Calls that are passed on afterwards; when all of them do well it closes. */
  readonly probes: number;
}

/** Short, because a pod is replaced within seconds; the share of failures is that of half of the pods. */
export const breakerRules: BreakerRules = {
  windowMs: 10_000,
  minimumCalls: 20,
  failureShare: 0.5,
  openMs: 5000,
  probes: 3,
};

/** How a call went; `unknown`: the caller left before anybody could tell. */
export type Verdict = 'good' | 'bad' | 'unknown';

/** Leave to make one call. */
export interface Permit {
  /** Must be told how the call went; only the first word counts. */
  settle(verdict: Verdict): void;
}

export type Admission =
  | { readonly state: 'admitted'; readonly permit: Permit }
  | { readonly state: 'refused'; readonly retryAfterMs: number };

export interface Breaker {
  /** Whether a call may be made now. */
  admit(): Admission;
  /** Whether calls are refused, or let through one by one. */
  readonly isOpen: boolean;
}

interface Probing {
  readonly name: 'probing';
  running: number;
  good: number;
}

type State = { readonly name: 'closed' } | { readonly name: 'open'; readonly until: number } | Probing;

/** `now`: milliseconds of a clock that only moves forward. */
export function createBreaker(now: () => number, rules: BreakerRules = breakerRules): Breaker {
  const counts = createWindow(rules.windowMs);
  let state: State = { name: 'closed' };

  const open = (): void => {
    state = { name: 'open', until: now() + rules.openMs };
    counts.clear();
  };
  const settleClosed = (verdict: Verdict): void => {
    // A call that began before it opened says nothing about now.
    if (verdict === 'unknown' || state.name !== 'closed') return;
    const { good, bad } = counts.add(now(), verdict);
    if (good + bad >= rules.minimumCalls && bad / (good + bad) >= rules.failureShare) open();
  };
  const settleProbe = (probing: Probing, verdict: Verdict): void => {
    if (state !== probing) return;
    probing.running -= 1;
    if (verdict === 'bad') open();
    else if (verdict === 'good') probing.good += 1;
    if (probing.good >= rules.probes && state === probing) state = { name: 'closed' };
  };
  const probe = (probing: Probing): Admission => {
    if (probing.running + probing.good >= rules.probes) return { state: 'refused', retryAfterMs: rules.openMs };
    probing.running += 1;
    return admitted((verdict) => settleProbe(probing, verdict));
  };

  return {
    admit: () => {
      if (state.name === 'closed') return admitted(settleClosed);
      if (state.name === 'probing') return probe(state);
      if (now() < state.until) return { state: 'refused', retryAfterMs: state.until - now() };
      const probing: Probing = { name: 'probing', running: 0, good: 0 };
      state = probing;
      return probe(probing);
    },
    get isOpen() {
      return state.name !== 'closed';
    },
  };
}

function admitted(settle: (verdict: Verdict) => void): Admission {
  let isSettled = false;
  const once = (verdict: Verdict): void => {
    if (isSettled) return;
    isSettled = true;
    settle(verdict);
  };
  return { state: 'admitted', permit: { settle: once } };
}

interface Counts {
  readonly good: number;
  readonly bad: number;
}

/** Sums over the last `windowMs`, in ten parts: what is older than that goes a tenth at a time. */
function createWindow(windowMs: number): { add(now: number, verdict: 'good' | 'bad'): Counts; clear(): void } {
  const partMs = windowMs / 10;
  let parts: { readonly at: number; good: number; bad: number }[] = [];
  return {
    add: (now, verdict) => {
      const at = Math.floor(now / partMs);
      parts = parts.filter((part) => part.at > at - 10);
      let part = parts.at(-1);
      if (part?.at !== at) {
        part = { at, good: 0, bad: 0 };
        parts.push(part);
      }
      part[verdict] += 1;
      return {
        good: parts.reduce((sum, one) => sum + one.good, 0),
        bad: parts.reduce((sum, one) => sum + one.bad, 0),
      };
    },
    clear: () => {
      parts = [];
    },
  };
}
