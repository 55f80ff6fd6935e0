import type { JsonObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import { findFault } from '../faults.ts';
import type { BuiltinObserved, Observed, RedisPod } from '../observed.ts';
import { allNodesOk, firstComplaint, noOpenSlots, replicasFollowing, replicasInSync, slotsCovered } from '../safety.ts';
import type { Member } from '../topology.ts';
import { switchPrimary } from './failover.ts';
import { type NodeRef, refOfMember } from './nodes.ts';

/**
 * Restarts pods whose template changed, one per pass: replicas first, a primary only after one of its replicas took
 * over. Without replicas a primary is restarted directly; its keys are away for the seconds that takes.
 */
export const roll: Action<Observed> = {
  name: 'RollingRestart',
  plan(observed, stack) {
    return observed.mode === 'External' ? { kind: 'none' } : planRoll(observed, stack);
  },
  execute: executeRoll,
};

/** Restarts pods with an old template that do not work: waiting for them to become healthy first could take for ever. */
export const replace: Action<Observed> = {
  name: 'ReplaceBrokenPods',
  plan(observed) {
    return observed.mode === 'External' ? { kind: 'none' } : planReplacement(observed);
  },
  execute: executeRoll,
};

type RollDetails =
  | { readonly kind: 'restart'; readonly pod: string; readonly uid: string }
  | { readonly kind: 'switch'; readonly replica: NodeRef };

/** Pods whose template is not the newest; none while Kubernetes has not seen the newest. */
export function findOutdated({ statefulSet, pods, topology }: BuiltinObserved): readonly RedisPod[] {
  const revision = statefulSet?.updateRevision;
  return revision === undefined
    ? []
    : pods.filter((pod) => pod.ordinal < topology.shape.pods && pod.revision !== revision);
}

function planReplacement(observed: BuiltinObserved): Plan {
  const broken = findOutdated(observed).find(({ name, isReady, isDeleting }) => {
    const state = observed.answers.get(name)?.state;
    return !isReady && !isDeleting && state !== 'up' && state !== 'loading';
  });
  return broken === undefined
    ? { kind: 'none' }
    : restartStep(broken, `Restarts ${broken.name}: it does not work, and its template is an old one.`);
}

function planRoll(observed: BuiltinObserved, stack: CompleteStack): Plan {
  const outdated = new Set(findOutdated(observed).map(({ name }) => name));
  if (outdated.size === 0 || findFault(observed, stack) !== undefined) {
    return { kind: 'none' };
  }
  const complaint = firstComplaint(observed, [allNodesOk, slotsCovered, noOpenSlots, replicasInSync]);
  if (complaint !== undefined) {
    const [target] = outdated;
    return { kind: 'blocked', ...complaint, ...(target === undefined ? {} : { target }) };
  }
  const { kept } = observed.topology;
  const members = kept.filter(({ name }) => outdated.has(name));
  const replica = members.find(({ primaryId }) => primaryId !== undefined);
  if (replica !== undefined) {
    return restartStep(replica, `Restarts the replica ${replica.name}; ${outdated.size} pods have an old template.`);
  }
  const [primary] = members;
  return primary === undefined ? { kind: 'none' } : planPrimary(observed, primary, outdated.size);
}

function planPrimary({ topology }: BuiltinObserved, primary: Member, outdated: number): Plan {
  const shard = topology.shards.find((one) => one.primary === primary);
  const [replica] = shard === undefined ? [] : replicasFollowing(shard);
  if (replica === undefined) {
    const message = `Restarts the primary ${primary.name}, which has no replica: its keys are away until it is back; ${outdated} pods have an old template.`;
    return restartStep(primary, message);
  }
  const message = `${replica.name} takes over from ${primary.name}, which is restarted next; ${outdated} pods have an old template.`;
  const details: RollDetails = { kind: 'switch', replica: refOfMember(replica) };
  return { kind: 'step', step: { name: 'SwitchPrimary', message, target: primary.name, disruptive: true, details } };
}

function restartStep({ name, uid }: RedisPod, message: string): Plan {
  const details: RollDetails = { kind: 'restart', pod: name, uid };
  return { kind: 'step', step: { name: 'RestartPod', message, target: name, disruptive: true, details } };
}

async function executeRoll(step: Step, ports: ActionPorts): Promise<void> {
  const details = detailsOf(step.details);
  if (details.kind === 'switch') {
    return switchPrimary(ports, details.replica);
  }
  const { namespace } = ports.stack;
  // The uid guards the successor: a pod that was replaced meanwhile is a new one already.
  await ports.kube.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name: details.pod }, { uid: details.uid });
}

function detailsOf(details: JsonObject): RollDetails {
  // Written by the planners above and handed back unchanged by the engine.
  return details as unknown as RollDetails;
}
