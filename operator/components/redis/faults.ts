import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { redisNames } from './names.ts';
import type { BuiltinObserved } from './observed.ts';
import { absentOwners, identities, isEmptyNode, type Topology } from './topology.ts';

/** Something that only a person can decide: every action stops. */
export interface Fault {
  readonly reason: 'IdentityMismatch' | 'DataMissing' | 'ShardLost';
  readonly message: string;
}

/** The first fault; `undefined` when the operator may act. */
export function findFault(observed: BuiltinObserved, stack: CompleteStack): Fault | undefined {
  return findMissingData(observed, stack) ?? findMismatch(observed) ?? findLostShard(observed, stack);
}

function findMissingData({ recorded, topology }: BuiltinObserved, stack: CompleteStack): Fault | undefined {
  const isBlank = topology.isComplete && topology.members.every((member) => isEmptyNode(member));
  if (recorded.identity === undefined || !isBlank || identities(topology).length > 0) {
    return undefined;
  }
  return {
    reason: 'DataMissing',
    message:
      `All ${topology.members.length} Redis nodes are empty, but this stack recorded the data ${recorded.identity}: their volumes were lost or replaced. ` +
      `Bring the old volumes back; or accept the loss: delete the stack, then the Secret ${redisNames(stack).credentials}, and create the stack again.`,
  };
}

/** Volumes of another cluster, or of two clusters. */
function findMismatch({ recorded, topology }: BuiltinObserved): Fault | undefined {
  const found = identities(topology);
  const wanted = recorded.identity ?? found[0];
  const foreign = topology.members.find(({ identity }) => identity !== undefined && identity !== wanted);
  if (foreign !== undefined) {
    return {
      reason: 'IdentityMismatch',
      message:
        `The volume of ${foreign.name} holds the data ${foreign.identity}, but this stack's is ${wanted}. ` +
        'Nothing is touched: attach the volumes that belong together, or use another name for the stack.',
    };
  }
  const unmarked = topology.members.find(({ slots }) => slots.length > 0);
  if (recorded.identity === undefined || found.length > 0 || unmarked === undefined || !topology.isComplete) {
    return undefined;
  }
  return {
    reason: 'IdentityMismatch',
    message:
      `No Redis node carries the identity ${recorded.identity} of this stack's data, but ${unmarked.name} owns slots: these are other volumes. ` +
      'Nothing is touched: attach the volumes of this stack, or use another name for the stack.',
  };
}

/** A node with slots came back without its volume, and nobody has a copy. */
function findLostShard(observed: BuiltinObserved, stack: CompleteStack): Fault | undefined {
  const { topology } = observed;
  const [lost] = isEveryPodKnown(observed) ? absentOwners(topology).filter((id) => !hasReplica(id, topology)) : [];
  if (lost === undefined) {
    return undefined;
  }
  const slots = topology.owned.get(lost) ?? [];
  const [first] = topology.kept;
  return {
    reason: 'ShardLost',
    message:
      `${slots.length} slots belong to node ${lost}, whose volume no pod has any more, and no replica holds a copy. ` +
      `Bring the volume back (raise spec.redis.shards if its pod was scaled away), or accept the loss of these keys: kubectl exec -n ${stack.namespace} ${first?.name ?? ''} -- sh -c ` +
      `'REDISCLI_AUTH=$(cat /etc/redis-users/admin-password) redis-cli --user operator --cluster call 127.0.0.1:6379 cluster forget ${lost}'`,
  };
}

/** Every pod that exists answered: an id that none of them has will not come back by itself. */
export function isEveryPodKnown({ pods, topology }: BuiltinObserved): boolean {
  return topology.isComplete && pods.length === topology.members.length && pods.every(({ isDeleting }) => !isDeleting);
}

function hasReplica(id: string, topology: Topology): boolean {
  return topology.members.some(({ primaryId }) => primaryId === id);
}
