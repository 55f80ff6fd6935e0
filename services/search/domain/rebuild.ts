/** A rebuild: a new index is filled beside the live one and takes its place. */

export const phases = ['copying', 'checking', 'swapping'] as const;
/** What is done while it runs. */
export type Phase = (typeof phases)[number];

export const rebuildStatuses = ['running', 'done', 'failed', 'cancelled', 'rolled-back'] as const;
export type RebuildStatus = (typeof rebuildStatuses)[number];

export interface Rebuild {
  readonly id: string;
  readonly status: RebuildStatus;
  readonly phase: Phase;
  /** Index that is replaced, and that which takes its place. */
  readonly source: string;
  readonly target: string;
  /** Where reading goes on; null: at the beginning. */
  readonly lastKey: string | null;
  /** Products that were read so far. */
  readonly read: number;
  /** Of these, those of which the new index had a newer state already. */
  readonly stale: number;
  /** Products that the product service had when it was asked last. */
  readonly expected: number;
  /** Products in the new index when it was checked. */
  readonly counted: number | null;
  /** Whether whoever asked for it wants it also if most products are gone then; absent in records of releases before. */
  readonly isForced?: boolean;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
  /** How often a replica took it over from another. */
  readonly takeovers: number;
  /** Why it failed, or why the last attempt of its present step did. */
  readonly error: string | null;
  /** The replica that works on it, and until when nobody else may. */
  readonly worker: string;
  readonly leaseUntil: string;
}

/** Whether `worker` may go on with it: it did before, or whoever did tells nothing any more. */
export function mayContinue({ status, worker: owner, leaseUntil }: Rebuild, worker: string, now: Date): boolean {
  return status === 'running' && (owner === worker || new Date(leaseUntil) <= now);
}

/** Changes that come while products are counted make the two numbers differ for a moment; more than this is a fault. */
const toleratedShare = 0.01;

/** Whether the new index has as many products as there are: exactly, or nearly at the last look, when changes never paused. */
export function isComplete(counted: number, expected: number, isLastLook: boolean): boolean {
  const missing = Math.abs(expected - counted);
  return isLastLook ? missing <= Math.max(1, expected * toleratedShare) : missing === 0;
}

/**
 * Why an index with `next` products must not take the place of one with `present`. Deleted products leave the present one as well, so a
 * product service that has far fewer is not the one that it was: another database, an empty one, one that was brought back from long ago.
 */
export function findLoss(present: number, next: number): string | undefined {
  if (next >= present / 2) return undefined;
  return `the index has ${present} products and the product service ${next}; if that is right, start the rebuild with force=true`;
}
