import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import { findFault } from '../faults.ts';
import type { BuiltinObserved, ClusterFacts, KafkaPod, Observed } from '../observed.ts';
import { firstComplaint } from '../safety.ts';
import { nothing } from './ports.ts';

/**
 * Restarts pods whose template changed, one per pass and the active controller last, each only while the named checks
 * of `safety.ts` hold. A single broker is restarted directly; its topics are away for the seconds that takes.
 */
export const roll: Action<Observed> = { name: 'RollingRestart', plan: planRoll, execute: restart };

/** Restarts pods with an old template that cannot start: waiting for them to become healthy first could take for ever. */
export const replace: Action<Observed> = { name: 'ReplaceBrokenPods', plan: planReplacement, execute: restart };

/** Pods whose template is not the newest; none while Kubernetes has not seen the newest. */
export function findOutdated({ statefulSet, pods, size }: BuiltinObserved): readonly KafkaPod[] {
  const revision = statefulSet?.updateRevision;
  return revision === undefined ? [] : pods.filter((pod) => pod.ordinal < size && pod.revision !== revision);
}

function planReplacement(observed: Observed): Plan {
  const outdated = observed.mode === 'External' ? [] : findOutdated(observed);
  const broken = outdated.find(({ isBroken, isDeleting }) => isBroken && !isDeleting);
  return broken === undefined
    ? nothing
    : restartStep(broken, `Restarts ${broken.name}: it cannot start, and its template is an old one.`);
}

function planRoll(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode === 'External' || findFault(observed, stack) !== undefined) {
    return nothing;
  }
  const outdated = findOutdated(observed);
  const [first] = outdated;
  if (first === undefined) {
    return nothing;
  }
  const { answer } = observed;
  return answer.state === 'up'
    ? planNext(observed, answer.facts, outdated)
    : { kind: 'blocked', blockedBy: 'clusterAnswers', message: `${answer.message}.`, target: first.name };
}

function planNext(observed: BuiltinObserved, facts: ClusterFacts, outdated: readonly KafkaPod[]): Plan {
  const { leaderId } = facts.quorum;
  const target = outdated.find(({ ordinal }) => ordinal !== leaderId) ?? outdated[0];
  if (target === undefined) {
    return nothing;
  }
  const complaint = firstComplaint(target, facts, observed);
  if (complaint !== undefined) {
    return { kind: 'blocked', ...complaint, target: target.name };
  }
  const role = target.ordinal === leaderId ? 'the active controller' : 'the broker';
  return restartStep(target, `Restarts ${role} ${target.name}; ${outdated.length} pods have an old template.`);
}

function restartStep({ name, uid }: KafkaPod, message: string): Plan {
  return {
    kind: 'step',
    step: { name: 'RestartPod', message, target: name, disruptive: true, details: { pod: name, uid } },
  };
}

async function restart(step: Step, ports: ActionPorts): Promise<void> {
  const { namespace } = ports.stack;
  const name = String(step.details['pod']);
  // The uid guards the successor: a pod that was replaced meanwhile is a new one already.
  await ports.kube.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { uid: String(step.details['uid']) });
}
