import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { podsHaveAddresses, storeChecks, templateSeen } from '../../objects/store-checks.ts';
import { type Readiness, watchIntervalMs } from '../contract.ts';
import { findFault } from './faults.ts';
import { planLayout } from './layout.ts';
import { planMoves } from './moves.ts';
import { shapeOf } from './names.ts';
import type { Answer, BuiltinObserved, Observed } from './observed.ts';
import { judgeExternal } from './readiness-external.ts';
import { findLaggard, findTrouble, findUncovered } from './safety.ts';
import { slotCount } from './slots.ts';
import { isEmptyNode } from './topology.ts';

/** Reasons of this component's condition with their meaning. */
export const redisReasons = {
  CredentialsPending: 'The passwords have not been generated yet.',
  PodsPending: 'The StatefulSet has not made all pods yet.',
  VolumePending: 'A volume is not bound to its claim yet.',
  VolumeGrowing: 'Volumes are growing to the size that the manifest says.',
  PodUnschedulable: 'No machine of the cluster takes a pod.',
  ImagePullFailed: 'The image of a pod cannot be pulled.',
  PodConfigError: 'A container cannot be created from its configuration.',
  PodCrashing: 'A container ends again and again.',
  AuthenticationFailed: 'A node does not accept the password of the credential Secret.',
  NodeLoading: 'A node reads its data from the volume.',
  NodeUnreachable: 'A node does not answer.',
  PersistenceFailing: 'A node cannot write its append-only file and refuses writes.',
  Updating: 'Kubernetes has not taken the newest template over yet.',
  Forming: 'The cluster is being formed.',
  SlotsUncovered: 'No answering node owns some of the slots; their keys cannot be read.',
  ClusterNotOk: 'A node sees a failed cluster or cannot reach another node.',
  Scaling: 'The cluster is on its way to the wanted number of shards and replicas.',
  Rebalancing: 'Slots are being moved between shards.',
  ReplicasSyncing: 'A replica does not follow its primary yet.',
  IdentityMismatch: 'The volumes hold other data than this stack recorded; nothing is touched.',
  DataMissing: 'All volumes are empty although the stack recorded data; nothing is touched.',
  ShardLost: 'The volume of a shard is gone and no replica has a copy; nothing is touched.',
  InvalidConnectionSecret: 'The connection Secret of an external Redis cannot be used.',
  ClusterModeRequired: 'The external Redis is not a Redis Cluster.',
} as const;
export type RedisReason = keyof typeof redisReasons;

type Check = (observed: BuiltinObserved, stack: CompleteStack) => Readiness | undefined;

const { podsRun, volumesBound, volumesSized } = storeChecks((stack) => stack.redis.storage);

/** Most fundamental first; the first one that has something to say decides. */
const checks: readonly Check[] = [
  credentialsExist,
  noFault,
  podsRun,
  volumesBound,
  (observed, stack) => podsHaveAddresses(observed, shapeOf(stack).pods),
  nodesLetUsIn,
  nodesAnswer,
  persistenceWorks,
  clusterFormed,
  slotsAreCovered,
  stateIsOk,
  templateSeen,
  shapeIsWanted,
  replicasFollow,
  volumesSized,
];

/** Whether the stack's Redis can be used as the manifest wants it. */
export function judgeRedis(observed: Observed, stack: CompleteStack): Readiness {
  if (observed.mode === 'External') {
    return judgeExternal(observed, stack);
  }
  for (const check of checks) {
    const verdict = check(observed, stack);
    if (verdict !== undefined) {
      return verdict;
    }
  }
  const { shards, replicasPerShard } = shapeOf(stack);
  return {
    state: 'ready',
    retryAfterMs: watchIntervalMs,
    message: `All ${slotCount} slots are covered by ${shards} shards with ${replicasPerShard} replicas each.`,
  };
}

function progressing(reason: RedisReason, message: string, retryAfterMs: number): Readiness {
  return { state: 'progressing', reason, message, retryAfterMs };
}

function failed(reason: RedisReason, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs: 5000 };
}

function credentialsExist({ passwordHashes }: BuiltinObserved): Readiness | undefined {
  return passwordHashes === undefined
    ? progressing('CredentialsPending', 'The passwords are being generated.', 1000)
    : undefined;
}

function noFault(observed: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const fault = findFault(observed, stack);
  // Terminal, yet looked at again: the volume may come back without any event on an object of ours.
  return fault === undefined ? undefined : { state: 'failed', ...fault, terminal: true, retryAfterMs: 60_000 };
}

function nodesLetUsIn({ answers }: BuiltinObserved): Readiness | undefined {
  const refused = findAnswer(answers, 'refused');
  return refused === undefined
    ? undefined
    : failed(
        'AuthenticationFailed',
        `${refused.answer.message}. Put the operator's password back into the credential Secret, or delete pod ${refused.pod}: a new one takes what the Secret says.`,
      );
}

function nodesAnswer(observed: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const wanted = shapeOf(stack).pods;
  const { topology, answers } = observed;
  const loading = findAnswer(answers, 'loading');
  if (loading !== undefined) {
    return progressing('NodeLoading', `${loading.pod} reads its data from the volume.`, 2000);
  }
  if (topology.isComplete) {
    return undefined;
  }
  const silent = findAnswer(answers, 'silent');
  const detail = silent === undefined ? '' : ` ${silent.answer.message}.`;
  return progressing('NodeUnreachable', `${topology.kept.length} of ${wanted} nodes answer.${detail}`, 1000);
}

function findAnswer<State extends Answer['state']>(answers: ReadonlyMap<string, Answer>, state: State) {
  for (const [pod, answer] of answers) {
    if (isIn(answer, state)) {
      return { pod, answer };
    }
  }
  return undefined;
}

function isIn<State extends Answer['state']>(
  answer: Answer,
  state: State,
): answer is Extract<Answer, { state: State }> {
  return answer.state === state;
}

function persistenceWorks({ topology }: BuiltinObserved): Readiness | undefined {
  const broken = topology.members.find(({ persistenceProblem }) => persistenceProblem !== undefined);
  return broken === undefined
    ? undefined
    : failed(
        'PersistenceFailing',
        `${broken.name} refuses writes: ${broken.persistenceProblem}. Is its volume full? Raise spec.redis.storage.size.`,
      );
}

function clusterFormed({ topology }: BuiltinObserved): Readiness | undefined {
  const free = topology.unassigned.length;
  const outside = topology.kept.filter((member) => isEmptyNode(member)).length;
  if (free === 0 && outside === 0) {
    return undefined;
  }
  const message =
    free > 0 ? `${free} of ${slotCount} slots have no owner yet.` : `${outside} nodes are not in the cluster yet.`;
  return progressing('Forming', message, 500);
}

function slotsAreCovered({ topology }: BuiltinObserved): Readiness | undefined {
  const message = findUncovered(topology);
  return message === undefined ? undefined : failed('SlotsUncovered', message);
}

function stateIsOk({ topology }: BuiltinObserved): Readiness | undefined {
  const message = findTrouble(topology);
  return message === undefined ? undefined : progressing('ClusterNotOk', message, 500);
}

function shapeIsWanted({ topology, statefulSet }: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const { shards, pods } = shapeOf(stack);
  const layout = planLayout(topology);
  const { remaining } = planMoves(layout, 0);
  if (remaining > 0) {
    return progressing('Rebalancing', `${remaining} slots are still to move; all slots can be used meanwhile.`, 500);
  }
  const owning = topology.shards.filter(({ slots }) => slots.length > 0).length;
  const surplus = (statefulSet?.replicas ?? pods) - pods;
  if (owning === shards && surplus <= 0 && layout.attachments.length === 0) {
    return undefined;
  }
  const extra = surplus > 0 ? `, ${surplus} pods are to go` : '';
  return progressing('Scaling', `${owning} of ${shards} shards own slots${extra}.`, 500);
}

function replicasFollow({ topology }: BuiltinObserved, stack: CompleteStack): Readiness | undefined {
  const message = findLaggard(topology, shapeOf(stack));
  return message === undefined ? undefined : progressing('ReplicasSyncing', message, 500);
}
