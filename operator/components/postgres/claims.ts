import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';

/** Key under which the outcome of growing a claim to the wanted size is remembered. */
export function expansionKey(claimUid: string, stack: CompleteStack): string {
  return `expand ${claimUid} ${stack.postgres.storage.size}`;
}
