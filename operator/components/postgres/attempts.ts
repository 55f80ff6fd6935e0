import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';

/**
 * What was tried lately and how it ended, so that a step that cannot succeed is not repeated in every pass. Only a
 * cache: what is forgotten is tried once more.
 */
export interface Attempts {
  /** How the last attempt under this key ended, unless that is too long ago. */
  outcome(key: string): string | undefined;
  remember(key: string, outcome: string): void;
}

/** Remembers the last thousand for ten minutes: long enough to be quiet, short enough to notice that somebody helped. */
export function createAttempts(now: () => number = Date.now): Attempts {
  const entries = new Map<string, { readonly outcome: string; readonly until: number }>();
  return {
    outcome(key) {
      const entry = entries.get(key);
      return entry !== undefined && now() < entry.until ? entry.outcome : undefined;
    },
    remember(key, outcome) {
      entries.delete(key);
      entries.set(key, { outcome, until: now() + 600_000 });
      const [oldest] = entries.keys();
      if (entries.size > 1000 && oldest !== undefined) {
        entries.delete(oldest);
      }
    },
  };
}

/** Key under which the outcome of growing a claim to the wanted size is remembered. */
export function expansionKey(claimUid: string, stack: CompleteStack): string {
  return `expand ${claimUid} ${stack.postgres.storage.size}`;
}
