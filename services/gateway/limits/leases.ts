/**
 * What a caller may do without asking Redis again: requests that were granted to this process in advance, because a caller that
 * asks for something usually asks for more in the same moment.
 */
import type { Decision, Rate } from './gcra.ts';

/** What Redis granted. */
export interface Grant {
  readonly granted: number;
  /** Left beside what was granted. */
  readonly remaining: number;
  readonly resetMs: number;
  readonly retryAfterMs: number;
}

/** A question to Redis; one of `answer` and `giveUp` must be called. */
export interface Question {
  /** How many requests to ask for. */
  readonly count: number;
  /** Keeps what was granted beyond the one request that asked. */
  answer(grant: Grant, nowMs: number): Decision;
  giveUp(): void;
}

export interface Leases {
  /** Spends one of what is held for this caller; nothing when nothing is. */
  spend(key: string, nowMs: number): Decision | undefined;
  ask(key: string, rate: Rate): Question;
}

/**
 * How long a grant can be spent, milliseconds. As many requests can be let through too early as the caller would have been given
 * in this time: for the usual 6,000 a minute, 10 of a burst of 600.
 */
export const leaseMs = 100;
/** Most that is asked for at once. */
export const mostPerLease = 16;
/** And at most this part of what is left: near its limit a caller is counted one by one, on all gateways together. */
const shareOfRemaining = 1 / 8;
/** Callers remembered; beyond it the one that came first is forgotten. */
const mostCallers = 10_000;

interface Lease {
  /** Requests that can be spent, since when, and what was told then. */
  left: number;
  grantedAt: number;
  remaining: number;
  resetMs: number;
  /** Somebody asks for more than one; what others need meanwhile is asked for one by one. */
  isAsking: boolean;
}

export function createLeases(): Leases {
  const leases = new Map<string, Lease>();
  return {
    spend: (key, nowMs) => {
      const lease = leases.get(key);
      if (lease === undefined || lease.left === 0 || nowMs - lease.grantedAt > leaseMs) return undefined;
      lease.left -= 1;
      return allowed(lease, nowMs);
    },
    ask: (key, rate) => {
      const lease = leases.get(key) ?? addLease(leases, key, rate);
      if (lease.isAsking) return { count: 1, answer: decide, giveUp: () => undefined };
      lease.isAsking = true;
      return {
        count: Math.max(1, Math.min(mostPerLease, Math.floor(lease.remaining * shareOfRemaining))),
        answer: (grant, nowMs) => {
          const { granted, remaining, resetMs } = grant;
          Object.assign(lease, {
            left: Math.max(0, granted - 1),
            grantedAt: nowMs,
            remaining,
            resetMs,
            isAsking: false,
          });
          return granted === 0 ? decide(grant) : allowed(lease, nowMs);
        },
        giveUp: () => {
          lease.isAsking = false;
        },
      };
    },
  };
}

function addLease(leases: Map<string, Lease>, key: string, { intervalMs }: Rate): Lease {
  const lease: Lease = { left: 0, grantedAt: 0, remaining: 0, resetMs: intervalMs, isAsking: false };
  leases.set(key, lease);
  if (leases.size > mostCallers) {
    const [first = key] = leases.keys();
    leases.delete(first);
  }
  return lease;
}

function decide({ granted, remaining, resetMs, retryAfterMs }: Grant): Decision {
  return { isAllowed: granted > 0, remaining, resetMs, retryAfterMs };
}

function allowed({ left, remaining, resetMs, grantedAt }: Lease, nowMs: number): Decision {
  return {
    isAllowed: true,
    remaining: remaining + left,
    resetMs: Math.max(0, resetMs - (nowMs - grantedAt)),
    retryAfterMs: 0,
  };
}
