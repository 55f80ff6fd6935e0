import { compareQuantities } from '../api/v1beta1/quantity.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { claimStatus } from './live-status.ts';
import type { PodProblem } from './pod-problem.ts';

/** A PersistentVolumeClaim of a store; sizes are quantities. */
export interface ObservedClaim {
  readonly name: string;
  readonly uid: string;
  /** Absent until Kubernetes has looked at it. */
  readonly phase?: string | undefined;
  /** What it asks for. */
  readonly requested?: string | undefined;
  /** What the volume has. */
  readonly capacity?: string | undefined;
  readonly className?: string | undefined;
  /** What is being done to the volume, e.g. `Resizing: waits for the node`. */
  readonly work?: string | undefined;
  readonly isDeleting: boolean;
}

/** Reads the projection of a claim. */
export function readClaim(live: LiveObject): ObservedClaim {
  const { phase, requested, capacity, storageClassName, conditions } = claimStatus(live);
  const now = conditions?.findLast(({ status }) => status === 'True');
  return {
    name: live.ref.name,
    uid: live.uid,
    phase,
    requested,
    capacity,
    className: storageClassName,
    work: now === undefined ? undefined : [now.type, now.message].filter(Boolean).join(': '),
    isDeleting: live.deleting,
  };
}

/** Claims that ask for less than `size`. */
export function smallerClaims(claims: readonly ObservedClaim[], size: string): readonly ObservedClaim[] {
  return claims.filter(
    ({ requested, isDeleting }) => !isDeleting && requested !== undefined && compareQuantities(requested, size) < 0,
  );
}

/** Claims that are on their way to `size`: they do not ask for it yet, or the volume is smaller than they ask. */
export function growingClaims(claims: readonly ObservedClaim[], size: string): readonly ObservedClaim[] {
  const behind = claims.filter(
    ({ requested, capacity }) =>
      requested !== undefined && capacity !== undefined && compareQuantities(capacity, requested) < 0,
  );
  return [...new Set([...smallerClaims(claims, size), ...behind])];
}

/** How far volumes are that grow to `size`; `undefined` when all have it. */
export function describeGrowth(claims: readonly ObservedClaim[], size: string): string | undefined {
  const growing = growingClaims(claims, size);
  const [next] = growing;
  if (next === undefined) {
    return undefined;
  }
  const done = claims.length - growing.length;
  const told = next.work === undefined ? '' : ` (${next.work})`;
  return `${done} of ${claims.length} volumes have ${size}; claim ${next.name} is growing${told}.`;
}

/** The first claim that has no volume. */
export function findPendingClaim(claims: readonly ObservedClaim[]): ObservedClaim | undefined {
  return claims.find(({ phase }) => phase !== undefined && phase !== 'Bound');
}

/**
 * Which volume is missing, which storage class should provide it, and what to look at when it does not come: a class that
 * does not exist, and a cluster without a default one, leave a claim pending for ever without a word in its status.
 */
export function describePendingClaim({ name, phase }: ObservedClaim, className: string | undefined): string {
  const named = className === undefined ? "the cluster's default storage class" : `storage class ${className}`;
  return (
    `Volume claim ${name} is ${phase}; ${named} provides it. If this lasts, see whether that class exists and what it says: ` +
    `kubectl get storageclass, kubectl describe pvc ${name}.`
  );
}

/** The problem of a pod in words; one that no machine takes may only wait for its volume. */
export function describePodProblem(
  problem: PodProblem,
  claims: readonly ObservedClaim[],
  className: string | undefined,
): string {
  const waiting = problem.reason === 'PodUnschedulable' ? findPendingClaim(claims) : undefined;
  return waiting === undefined
    ? problem.message
    : `${problem.message.replace(/\.?$/, '.')} ${describePendingClaim(waiting, className)}`;
}
