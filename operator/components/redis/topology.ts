import type { ClusterLine } from './cluster-nodes.ts';
import type { Shape } from './names.ts';
import type { Answer, NodeFacts, RedisPod } from './observed.ts';
import { type SlotRange, slotCount } from './slots.ts';

/** A pod whose Redis answered: what Kubernetes says of it and what it says of itself. */
export interface Member extends RedisPod, NodeFacts {
  readonly address: string;
}

/** The cluster as all answers together show it. */
export interface Topology {
  readonly shape: Shape;
  /** By ordinal. */
  readonly members: readonly Member[];
  readonly byId: ReadonlyMap<string, Member>;
  /** Members that the manifest wants; the others are on their way out. */
  readonly kept: readonly Member[];
  readonly leaving: readonly Member[];
  /** Every wanted pod is a member: nobody can come back with something that we do not know. */
  readonly isComplete: boolean;
  /** Id of the owner by slot; the id may belong to no member. */
  readonly owners: readonly (string | undefined)[];
  /** Ascending slots by id of their owner. */
  readonly owned: ReadonlyMap<string, readonly number[]>;
  /** Ascending slots that nobody owns. */
  readonly unassigned: readonly number[];
  /** By id of the primary, members only, by ordinal of the primary. */
  readonly shards: readonly Shard[];
}

/** A primary that answers and the replicas that answer. */
export interface Shard {
  readonly primary: Member;
  readonly replicas: readonly Member[];
  readonly slots: readonly number[];
}

/** Puts the answers (by pod name) together. Pure; without any answer it is a topology without members. */
export function buildTopology(pods: readonly RedisPod[], answers: ReadonlyMap<string, Answer>, shape: Shape): Topology {
  const answering = pods.flatMap((pod) => toMember(pod, answers.get(pod.name)));
  // Two pods with one id: the caches still show a pod whose address another one has now. Neither can be told apart.
  const members = answering.filter(({ id }) => answering.filter((other) => other.id === id).length === 1);
  const owners = findOwners(members);
  const { owned, unassigned } = groupByOwner(owners);
  const kept = members.filter(({ ordinal }) => ordinal < shape.pods);
  return {
    shape,
    members,
    byId: new Map(members.map((member) => [member.id, member])),
    kept,
    leaving: members.filter(({ ordinal }) => ordinal >= shape.pods),
    isComplete: kept.length === shape.pods,
    owners,
    owned,
    unassigned,
    shards: buildShards(members, owned),
  };
}

function toMember(pod: RedisPod, answer: Answer | undefined): readonly Member[] {
  return answer?.state === 'up' && pod.address !== undefined ? [{ ...pod, ...answer.facts, address: pod.address }] : [];
}

/**
 * A node's word on its own slots counts most, the higher epoch first; what nodes say of others fills the gaps, so that
 * the slots of a node that does not answer are known as well.
 */
function findOwners(members: readonly Member[]): readonly (string | undefined)[] {
  const owners = new Array<string | undefined>(slotCount).fill(undefined);
  const ids = new Set(members.map(({ id }) => id));
  const absent = members.flatMap(({ view }) => view).filter(({ id, slots }) => slots.length > 0 && !ids.has(id));
  for (const { id, slots } of [...byEpoch(members), ...byEpoch(absent)]) {
    claim(owners, id, slots);
  }
  return owners;
}

function byEpoch<T extends { readonly epoch: number }>(claims: readonly T[]): readonly T[] {
  return claims.toSorted((a, b) => b.epoch - a.epoch);
}

function claim(owners: (string | undefined)[], id: string, ranges: readonly SlotRange[]): void {
  for (const [first, last] of ranges) {
    for (let slot = first; slot <= last; slot += 1) {
      owners[slot] ??= id;
    }
  }
}

function groupByOwner(owners: readonly (string | undefined)[]): Pick<Topology, 'owned' | 'unassigned'> {
  const owned = new Map<string, number[]>();
  const unassigned: number[] = [];
  for (const [slot, owner] of owners.entries()) {
    if (owner === undefined) {
      unassigned.push(slot);
      continue;
    }
    const slots = owned.get(owner);
    if (slots === undefined) {
      owned.set(owner, [slot]);
    } else {
      slots.push(slot);
    }
  }
  return { owned, unassigned };
}

function buildShards(members: readonly Member[], owned: Topology['owned']): readonly Shard[] {
  return members
    .filter(({ primaryId }) => primaryId === undefined)
    .map((primary) => ({
      primary,
      replicas: members.filter(({ primaryId }) => primaryId === primary.id),
      slots: owned.get(primary.id) ?? [],
    }));
}

/** Knows nobody, owns nothing, holds nothing: a node with a new volume, or one that was taken out of the cluster. */
export function isEmptyNode(member: Member): boolean {
  return member.view.length === 0 && member.slots.length === 0 && member.keys === 0 && member.primaryId === undefined;
}

/** Nodes that are part of the cluster, or should be: everyone but empty pods that the manifest does not want. */
export function participants(topology: Topology): readonly Member[] {
  return topology.members.filter((member) => member.ordinal < topology.shape.pods || !isEmptyNode(member));
}

/** Owners of slots that are no member: their slots cannot be read now. */
export function absentOwners(topology: Topology): readonly string[] {
  return [...topology.owned.keys()].filter((id) => !topology.byId.has(id)).toSorted();
}

/** Ids that some participant knows and that no member has, with what each says of them. */
export function strangers(topology: Topology): ReadonlyMap<string, readonly { by: Member; line: ClusterLine }[]> {
  const found = new Map<string, { by: Member; line: ClusterLine }[]>();
  for (const by of participants(topology)) {
    for (const line of by.view) {
      if (!topology.byId.has(line.id)) {
        found.set(line.id, [...(found.get(line.id) ?? []), { by, line }]);
      }
    }
  }
  return found;
}

/** Ids carried by members that own slots or copy one who does; more than one means foreign volumes. */
export function identities(topology: Topology): readonly string[] {
  const found = topology.members.flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
  return [...new Set(found)].toSorted();
}
