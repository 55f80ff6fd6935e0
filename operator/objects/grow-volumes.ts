import type { JsonObject } from '../api/kubernetes.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { type ObservedClaim, smallerClaims } from './claims.ts';

/** Where a store's claims and their wanted size are found. */
export interface VolumesOf<Observed> {
  /** Claims of our own pods; none when somebody else runs the store. */
  readonly claims: (observed: Observed) => readonly ObservedClaim[];
  /** What the manifest says, a quantity. */
  readonly size: (stack: CompleteStack) => string;
}

/**
 * The action that lets the volumes of a store grow: Kubernetes never changes the claim template of a StatefulSet, so each
 * claim is asked for more. The storage class must allow it; if it does not, the API server's refusal is the error of the
 * operation.
 */
export function growVolumes<Observed>({ claims, size }: VolumesOf<Observed>) {
  return {
    name: 'GrowVolumes',
    plan: (observed: Observed, stack: CompleteStack) => planGrowth(claims(observed), size(stack)),
    execute: executeGrowth,
  };
}

function planGrowth(claims: readonly ObservedClaim[], size: string) {
  const small = smallerClaims(claims, size);
  if (small.length === 0) {
    return { kind: 'none' } as const;
  }
  const message = `Asks for ${size} instead of ${small[0]?.requested} for ${small.length} volumes.`;
  const details: JsonObject = { size, claims: small.map(({ name }) => name) };
  return { kind: 'step', step: { name: 'GrowClaims', message, disruptive: false, details } } as const;
}

async function executeGrowth(
  { details }: { readonly details: JsonObject },
  { kube, stack }: { readonly kube: KubeClient; readonly stack: CompleteStack },
): Promise<void> {
  const { namespace } = stack;
  // `as`: what the plan above wrote, handed back unchanged by the engine.
  const { size, claims } = details as { readonly size: string; readonly claims: readonly string[] };
  const body = { spec: { resources: { requests: { storage: size } } } };
  await Promise.all(
    claims.map((name) => kube.patch({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name }, body)),
  );
}
