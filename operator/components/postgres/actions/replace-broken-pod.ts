import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { findPodProblem } from '../../../objects/pod-problem.ts';
import type { Action, Plan } from '../../contract.ts';
import { identityMismatch, isOutdated, leaderOf } from '../members.ts';
import type { Instance, Observed } from '../observed.ts';
import { deletePod, nothing, podStep } from './steps.ts';

/**
 * Replaces a pod that does not run at all when the template has been changed since: the change may be the cure, and
 * there is nothing to lose. Needs no healthy cluster, so that a wrong image or too little memory can be corrected.
 */
export const replaceBrokenPod: Action<Observed> = {
  name: 'ReplaceBrokenPod',
  plan: planReplacement,
  execute: (step, ports) => deletePod(step, ports),
};

/** Pure. */
export function planReplacement(observed: Observed, _stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin' || identityMismatch(observed) !== undefined) {
    return nothing;
  }
  const leader = leaderOf(observed.instances);
  const broken = observed.instances.find(
    (instance) =>
      instance.name !== leader?.name && !instance.pod.deleting && isOutdated(observed, instance) && isBroken(instance),
  );
  if (broken === undefined) {
    return nothing;
  }
  const message = `Replace pod ${broken.name}, which does not run, by one of the changed template.`;
  return podStep(broken, { name: 'ReplacePod', message, disruptive: false });
}

/** The kubelet cannot run it, or PostgreSQL does not start in it. A pod that is merely on its way is neither. */
function isBroken({ pod, member }: Instance): boolean {
  return findPodProblem([pod]) !== undefined || member?.state === 'start failed' || member?.state === 'crashed';
}
