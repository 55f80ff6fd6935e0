import type { Shape } from './names.ts';
import type { BuiltinObserved } from './observed.ts';
import { slotCount } from './slots.ts';
import { absentOwners, isEmptyNode, type Member, participants, type Shard, type Topology } from './topology.ts';

/**
 * A named condition under which something may be done; `undefined` when it holds, else a sentence that says what does
 * not. The name is what the status shows as `blockedBy`.
 */
export interface Check {
  readonly name: string;
  readonly complain: (observed: BuiltinObserved) => string | undefined;
}

/** Every wanted pod runs, answers, sees a working cluster and no failed node. */
export const allNodesOk: Check = {
  name: 'allNodesOk',
  complain: ({ topology, pods }) => {
    const { pods: wanted } = topology.shape;
    const leaving = pods.find(({ ordinal, isDeleting }) => ordinal < wanted && isDeleting);
    if (leaving !== undefined) {
      return `Pod ${leaving.name} is being replaced.`;
    }
    if (!topology.isComplete) {
      return `${topology.kept.length} of ${wanted} nodes answer.`;
    }
    const waiting = topology.kept.find(({ isReady }) => !isReady);
    return waiting === undefined ? findTrouble(topology) : `Pod ${waiting.name} is not ready.`;
  },
};

/** Every slot belongs to a node that answers. */
export const slotsCovered: Check = { name: 'slotsCovered', complain: ({ topology }) => findUncovered(topology) };

/** No slot is on its way from one node to another. */
export const noOpenSlots: Check = {
  name: 'noOpenSlots',
  complain: ({ topology }) => {
    const open = topology.members.find(({ migrating, importing }) => migrating.length + importing.length > 0);
    return open === undefined ? undefined : `Slots of ${open.name} are on their way to or from another node.`;
  },
};

/**
 * Every node knows an owner of every slot. A node that just met the others learns it from each of them, one after the
 * other; until then it refuses keys of slots that it takes for unowned, and keys that are carried to it.
 */
export const ownersKnown: Check = {
  name: 'ownersKnown',
  complain: ({ topology }) => {
    const learner = topology.kept.find((member) => countKnownSlots(member) < slotCount);
    return learner === undefined
      ? undefined
      : `Node ${learner.name} knows the owners of ${countKnownSlots(learner)} of ${slotCount} slots.`;
  },
};

function countKnownSlots({ slots, view }: Member): number {
  const ranges = [slots, ...view.map((other) => other.slots)].flat();
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Every shard has all of its replicas, and they follow. */
export const replicasInSync: Check = {
  name: 'replicasInSync',
  complain: ({ topology }) => findLaggard(topology, topology.shape),
};

/** The first check that does not hold, as the engine shows it. */
export function firstComplaint(observed: BuiltinObserved, checks: readonly Check[]) {
  for (const { name, complain } of checks) {
    const message = complain(observed);
    if (message !== undefined) {
      return { blockedBy: name, message };
    }
  }
  return undefined;
}

/** The first node of the cluster that sees trouble: its own state, or a node that it counts as failed. */
export function findTrouble(topology: Topology): string | undefined {
  for (const member of participants(topology).filter((one) => !isEmptyNode(one))) {
    if (!member.isStateOk) {
      return `Node ${member.name} says that the cluster state is fail.`;
    }
    const failed = member.view.find(
      ({ id, flags }) => topology.byId.has(id) && (flags.has('fail') || flags.has('fail?')),
    );
    if (failed !== undefined) {
      return `Node ${member.name} cannot reach ${topology.byId.get(failed.id)?.name ?? failed.id}.`;
    }
  }
  return undefined;
}

/** How many slots no answering node owns, as a sentence. */
export function findUncovered(topology: Topology): string | undefined {
  const covered = topology.shards.reduce((sum, { slots }) => sum + slots.length, 0);
  if (covered === slotCount) {
    return undefined;
  }
  const absent = absentOwners(topology);
  const whose = absent.length === 0 ? '' : `; nodes that do not answer own the others: ${absent.join(', ')}`;
  return `${covered} of ${slotCount} slots are covered${whose}.`;
}

/** The first shard that lacks a replica in sync, as a sentence. */
export function findLaggard(topology: Topology, { replicasPerShard }: Shape): string | undefined {
  for (const shard of topology.shards.filter(({ slots }) => slots.length > 0)) {
    const following = replicasFollowing(shard).length;
    if (following < replicasPerShard) {
      return `Primary ${shard.primary.name} has ${following} of ${replicasPerShard} replicas in sync.`;
    }
  }
  return undefined;
}

/**
 * How far a replica may be behind to count as in sync: what a busy primary writes between the two answers. CLUSTER
 * FAILOVER itself stops the writes and waits for the rest.
 */
const maxLagBytes = 1024 * 1024;

/** Whether the replica follows that primary closely: connected, first copy finished, stream confirmed, lag small. */
export function replicaInSync(replica: Member, primary: Member): boolean {
  return (
    replica.primaryId === primary.id &&
    replica.replication.isStreaming &&
    isConfirmed(replica, primary) &&
    primary.replication.offset - replica.replication.offset <= maxLagBytes
  );
}

/**
 * A replica that has its first copy calls the link "up", yet the primary sends it nothing before its first word, which
 * comes within a second: what is written until then has one copy. Only the primary knows when that has passed.
 */
function isConfirmed(replica: Member, { replication }: Member): boolean {
  return (replication.followers.get(replica.address) ?? 0) > 0;
}

/** The shard's replicas that are in sync, the one that has read most first. */
export function replicasFollowing(shard: Shard): readonly Member[] {
  return shard.replicas
    .filter((replica) => replicaInSync(replica, shard.primary))
    .toSorted((a, b) => b.replication.offset - a.replication.offset || a.ordinal - b.ordinal);
}
