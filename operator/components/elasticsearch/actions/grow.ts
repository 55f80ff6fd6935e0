import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { smallerClaims } from '../../../objects/claims.ts';
import type { Action, Plan } from '../../contract.ts';
import type { Observed } from '../observed.ts';
import { detail, nothing } from './ports.ts';

/**
 * Lets volumes grow: Kubernetes never changes the claim template of a StatefulSet, so each claim is asked for more. The
 * storage class must allow it; if it does not, the API server's refusal is the error of the operation.
 */
export const grow: Action<Observed> = {
  name: 'GrowVolumes',
  plan: planGrowth,
  async execute(step, ports) {
    const { namespace } = ports.stack;
    const body = { spec: { resources: { requests: { storage: detail<string>(step, 'size') } } } };
    await Promise.all(
      detail<readonly string[]>(step, 'claims').map((name) =>
        ports.kube.patch({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name }, body),
      ),
    );
  },
};

function planGrowth(observed: Observed, stack: CompleteStack): Plan {
  const { size } = stack.elasticsearch.storage;
  const small = observed.mode === 'Builtin' ? smallerClaims(observed.claims, size) : [];
  if (small.length === 0) {
    return nothing;
  }
  const message = `Asks for ${size} instead of ${small[0]?.requested} for ${small.length} volumes.`;
  const details = { size, claims: small.map(({ name }) => name) };
  return { kind: 'step', step: { name: 'GrowClaims', message, disruptive: false, details } };
}
