import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ForbiddenError, InvalidError } from '../../../kube/errors.ts';
import { smallerClaims } from '../../../objects/claims.ts';
import type { Action, Plan } from '../../contract.ts';
import { expansionKey } from '../attempts.ts';
import type { Observed } from '../observed.ts';
import { detail, type ExecutionPorts, nothing } from './steps.ts';

/** Asks for larger volumes, one claim per pass. Whether the storage class can do it, only the API server knows. */
export function growVolumes({ attempts }: ExecutionPorts): Action<Observed> {
  return {
    name: 'GrowVolumes',
    plan: planGrowth,
    async execute(step, ports) {
      const { size } = ports.stack.postgres.storage;
      const { namespace } = ports.stack;
      const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: detail(step, 'claim') };
      try {
        await ports.kube.patch(ref, { spec: { resources: { requests: { storage: size } } } });
      } catch (error) {
        if (error instanceof ForbiddenError || error instanceof InvalidError) {
          attempts.remember(expansionKey(detail(step, 'uid'), ports.stack), error.message);
        }
        throw error;
      }
    },
  };
}

/** Pure. */
export function planGrowth(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin' || observed.expansionRefusal !== undefined) {
    return nothing;
  }
  const { size } = stack.postgres.storage;
  const [claim] = smallerClaims(observed.claims, size);
  if (claim === undefined) {
    return nothing;
  }
  const { name, uid, requested } = claim;
  const message = `Grow claim ${name} from ${requested} to ${size}.`;
  const details = { claim: name, uid };
  return { kind: 'step', step: { name: 'GrowVolume', message, target: name, disruptive: false, details } };
}
