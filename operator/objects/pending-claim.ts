import type { PodProblem } from './pod-problem.ts';

/** What is known of a claim for a volume; `phase` is absent until Kubernetes has looked at it. */
export interface ClaimPhase {
  readonly name: string;
  readonly phase?: string | undefined;
}

/** The first claim that has no volume. */
export function findPendingClaim(claims: readonly ClaimPhase[]): ClaimPhase | undefined {
  return claims.find(({ phase }) => phase !== undefined && phase !== 'Bound');
}

/**
 * Which volume is missing, which storage class should provide it, and what to look at when it does not come: a class that
 * does not exist, and a cluster without a default one, leave a claim pending for ever without a word in its status.
 */
export function describePendingClaim({ name, phase }: ClaimPhase, className: string | undefined): string {
  const named = className === undefined ? "the cluster's default storage class" : `storage class ${className}`;
  return (
    `Volume claim ${name} is ${phase}; ${named} provides it. If this lasts, see whether that class exists and what it says: ` +
    `kubectl get storageclass, kubectl describe pvc ${name}.`
  );
}

/** The problem of a pod in words; one that no machine takes may only wait for its volume. */
export function describePodProblem(
  problem: PodProblem,
  claims: readonly ClaimPhase[],
  className: string | undefined,
): string {
  const waiting = problem.reason === 'PodUnschedulable' ? findPendingClaim(claims) : undefined;
  return waiting === undefined
    ? problem.message
    : `${problem.message.replace(/\.?$/, '.')} ${describePendingClaim(waiting, className)}`;
}
