import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { compareQuantities } from '../../api/v1beta1/quantity.ts';
import type { LiveObject } from '../../kube/live-object.ts';
import type { LiveCondition } from '../../objects/live-status.ts';

/** What the cache keeps of a PersistentVolumeClaim. */
export interface ClaimStatus {
  readonly phase?: string;
  /** Size that the volume has. */
  readonly capacity?: string;
  /** Size that the claim asks for. */
  readonly requested?: string;
  readonly storageClassName?: string;
  readonly conditions?: readonly LiveCondition[];
}

/** Typed view of a claim's projection. */
export function claimStatus(live: LiveObject): ClaimStatus {
  // The projection of the caches is written for exactly these fields.
  return live.status;
}

/** Claims that ask for less than the manifest does. */
export function smallClaims(claims: readonly LiveObject[], stack: CompleteStack): readonly LiveObject[] {
  return claims.filter((claim) => {
    const { requested } = claimStatus(claim);
    return requested !== undefined && !claim.deleting && compareQuantities(requested, stack.postgres.storage.size) < 0;
  });
}

/** Claims whose volume has not yet become as large as they ask. */
export function growingClaims(claims: readonly LiveObject[]): readonly LiveObject[] {
  return claims.filter((claim) => {
    const { requested, capacity } = claimStatus(claim);
    return requested !== undefined && capacity !== undefined && compareQuantities(capacity, requested) < 0;
  });
}

/** Key under which the outcome of growing a claim to the wanted size is remembered. */
export function expansionKey(claimUid: string, stack: CompleteStack): string {
  return `expand ${claimUid} ${stack.postgres.storage.size}`;
}
