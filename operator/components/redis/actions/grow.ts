import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { smallerClaims } from '../../../objects/claims.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import type { BuiltinObserved, Observed } from '../observed.ts';

/**
 * Lets volumes grow: Kubernetes never changes the claim template of a StatefulSet, so each claim is asked for more. The
 * storage class must allow it; if it does not, the API server's refusal is the error of the operation.
 */
export const grow: Action<Observed> = {
  name: 'GrowVolumes',
  plan(observed, stack) {
    return observed.mode === 'External' ? { kind: 'none' } : planGrowth(observed, stack);
  },
  execute: executeGrowth,
};

function planGrowth({ claims }: BuiltinObserved, stack: CompleteStack): Plan {
  const { size } = stack.redis.storage;
  const small = smallerClaims(claims, size);
  if (small.length === 0) {
    return { kind: 'none' };
  }
  const message = `Asks for ${size} instead of ${small[0]?.requested} for ${small.length} volumes.`;
  const details = { size, claims: small.map(({ name }) => name) };
  return { kind: 'step', step: { name: 'GrowClaims', message, disruptive: false, details } };
}

async function executeGrowth(step: Step, ports: ActionPorts): Promise<void> {
  const { namespace } = ports.stack;
  const names = Array.isArray(step.details['claims']) ? step.details['claims'].map(String) : [];
  const body = { spec: { resources: { requests: { storage: String(step.details['size']) } } } };
  await Promise.all(
    names.map((name) => ports.kube.patch({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name }, body)),
  );
}
