/** How many requests may be sent a second time: a service in trouble must not get more of them because of its trouble. */

export interface RetryBudget {
  /** A request was sent for the first time. */
  deposit(): void;
  /** Takes the right to send one again; false when none is left. */
  take(): boolean;
}

/** One retry for ten requests. */
export const retryShare = 0.1;
/** So many at once, and when there is little to do. */
export const retryReserve = 10;

export function createRetryBudget(share = retryShare, reserve = retryReserve): RetryBudget {
  let left = reserve;
  return {
    deposit: () => {
      left = Math.min(reserve, left + share);
    },
    take: () => {
      // Sums of tenths are not exact in binary fractions.
      if (left < 1 - 1e-9) return false;
      left -= 1;
      return true;
    },
  };
}
