/** Sessions whose access tokens are refused although they have not expired: the user service tells of them. */
import type { EndedSessions } from '#contracts/ended-sessions.ts';

export interface EndedSessionList {
  has(sessionId: string): boolean;
  readonly size: number;
  /** Since the list was last known to be complete, milliseconds; infinite before. */
  ageMs(): number;
  /** Asks for what is new; rejects when there is no answer, and goes on from there the next time. */
  learn(): Promise<void>;
}

/** As many as some hundred a second for as long as a token lives; 30 MB. Beyond it the one that ended first is forgotten. */
const maximumRemembered = 200_000;

/**
 * `ask` gets the position of the last page, nothing at first. In memory of each gateway: no store is in the way of a request,
 * and while the user service cannot be asked nobody can sign out either.
 */
export function createEndedSessionList(
  ask: (after: string | undefined) => Promise<EndedSessions>,
  now: () => number,
): EndedSessionList {
  /** Id → when its tokens have expired. The order of arrival is nearly the order of expiry. */
  const ended = new Map<string, number>();
  let after: string | undefined;
  let completeAt = Number.NEGATIVE_INFINITY;

  const add = ({ items, keepSeconds }: EndedSessions): void => {
    const until = now() + keepSeconds * 1000;
    // The overlap of two questions comes again: the first time counts.
    for (const id of items) if (!ended.has(id)) ended.set(id, until);
    forgetExpired(ended, now());
  };

  return {
    has: (sessionId) => ended.has(sessionId),
    get size() {
      return ended.size;
    },
    ageMs: () => now() - completeAt,
    learn: async () => {
      for (let isComplete = false; !isComplete; ) {
        const askedAt = now();
        const page = await ask(after);
        add(page);
        ({ next: after, isComplete } = page);
        if (isComplete) completeAt = askedAt;
      }
    },
  };
}

function forgetExpired(ended: Map<string, number>, now: number): void {
  for (const [id, expires] of ended) {
    if (expires > now && ended.size <= maximumRemembered) return;
    ended.delete(id);
  }
}
