import type { Member, Shard, Topology } from './topology.ts';

/** Where the cluster should go from here, changing as little as possible. */
export interface Layout {
  /** Shards that stay or begin, at most `shape.shards`; new ones have no slots yet. */
  readonly survivors: readonly Shard[];
  /** Primaries that must give all of their slots away. */
  readonly drained: readonly Shard[];
  /** Members that should replicate another primary than they do. */
  readonly attachments: readonly Attachment[];
  /** A spare replica that must become an empty primary, because no other node can carry a new shard. */
  readonly conversion: Member | undefined;
}

export interface Attachment {
  readonly member: Member;
  readonly primary: Member;
}

/** Decides who is a primary and who replicates whom. Pure. */
export function planLayout(topology: Topology): Layout {
  const survivors = chooseSurvivors(topology);
  const { attachments, spare } = assignReplicas(topology, survivors);
  const isShort = survivors.length < topology.shape.shards && topology.owned.size < topology.shape.shards;
  return {
    survivors,
    drained: topology.shards.filter((shard) => shard.slots.length > 0 && !survivors.includes(shard)),
    attachments,
    conversion: isShort && topology.isComplete ? spare.find(({ primaryId }) => primaryId !== undefined) : undefined,
  };
}

/**
 * The shards to keep: those with slots first (with a primary that stays, then with a replica that stays), then new ones
 * on nodes without slots. A shard whose owner is away counts: its slots are spoken for, nobody takes its place.
 */
function chooseSurvivors(topology: Topology): readonly Shard[] {
  const { shape, shards } = topology;
  const existing = shards
    .filter(({ slots }) => slots.length > 0)
    .toSorted((a, b) => rankOf(a, topology) - rankOf(b, topology) || a.primary.ordinal - b.primary.ordinal)
    .slice(0, shape.shards);
  // New shards only when every wanted pod is there: otherwise the choice could differ in the next pass.
  const missing = topology.isComplete ? Math.max(0, shape.shards - Math.max(existing.length, topology.owned.size)) : 0;
  return [...existing, ...chooseFresh(topology, existing, missing)];
}

function rankOf(shard: Shard, topology: Topology): number {
  if (isKept(shard.primary, topology)) {
    return 0;
  }
  return shard.replicas.some((replica) => isKept(replica, topology)) ? 1 : 2;
}

/** Nodes for new shards: those chosen before (they have replicas already), then spread over the machines. */
function chooseFresh(topology: Topology, existing: readonly Shard[], count: number): readonly Shard[] {
  const chosen: Shard[] = [];
  const candidates = topology.shards.filter(
    ({ primary, slots }) => slots.length === 0 && primary.keys === 0 && isKept(primary, topology),
  );
  const crowd = (machine: string | undefined) =>
    [...existing, ...chosen].filter(({ primary }) => primary.machine === machine).length;
  while (chosen.length < count) {
    const next = candidates
      .filter((candidate) => !chosen.includes(candidate))
      .toSorted(
        (a, b) =>
          b.replicas.length - a.replicas.length ||
          crowd(a.primary.machine) - crowd(b.primary.machine) ||
          a.primary.ordinal - b.primary.ordinal,
      )[0];
    if (next === undefined) {
      break;
    }
    chosen.push(next);
  }
  return chosen;
}

interface Seats {
  readonly shard: Shard;
  /** Kept members that the shard has or is to get. */
  readonly members: Member[];
}

/** Gives every surviving shard 1 + replicasPerShard members that stay, from those that have no better use. */
function assignReplicas(topology: Topology, survivors: readonly Shard[]) {
  const wanted = 1 + topology.shape.replicasPerShard;
  const seats = survivors.map((shard): Seats => ({ shard, members: stayingMembers(shard, topology).slice(0, wanted) }));
  const seated = new Set(seats.flatMap(({ members }) => members));
  const spare = topology.kept.filter((member) => !seated.has(member) && canMove(member, topology, survivors));
  const attachments: Attachment[] = [];
  for (let round = 1; round <= wanted; round += 1) {
    for (const seat of seats.filter(({ members }) => members.length < round)) {
      const member = takeBest(spare, seat);
      if (member !== undefined) {
        seat.members.push(member);
        attachments.push({ member, primary: seat.shard.primary });
      }
    }
  }
  return { attachments: spreadOut(attachments), spare };
}

/** Swaps replicas that ended beside their primary with others, where that helps one and harms none. */
function spreadOut(attachments: readonly Attachment[]): readonly Attachment[] {
  const result = [...attachments];
  for (const [index, one] of result.entries()) {
    const other = isTogether(one)
      ? result.findIndex(({ member, primary }) => {
          const swapped = [
            { member, primary: one.primary },
            { member: one.member, primary },
          ];
          return !swapped.some(isTogether);
        })
      : -1;
    const partner = result[other];
    if (partner !== undefined) {
      result[index] = { member: partner.member, primary: one.primary };
      result[other] = { member: one.member, primary: partner.primary };
    }
  }
  return result;
}

function isTogether({ member, primary }: Attachment): boolean {
  return member.machine !== undefined && member.machine === primary.machine;
}

/** Of one shard, its primary first, then replicas in sync, then by ordinal. */
function stayingMembers(shard: Shard, topology: Topology): readonly Member[] {
  const replicas = shard.replicas.toSorted(
    (a, b) => Number(b.replication.isStreaming) - Number(a.replication.isStreaming) || a.ordinal - b.ordinal,
  );
  return [shard.primary, ...replicas].filter((member) => isKept(member, topology));
}

/** Whether the member can become somebody's replica now without taking redundancy or data away. */
function canMove(member: Member, topology: Topology, survivors: readonly Shard[]): boolean {
  if (survivors.some(({ primary }) => primary === member)) {
    return false;
  }
  if (member.primaryId === undefined) {
    return member.keys === 0 && !topology.owned.has(member.id);
  }
  // A replica of a survivor is surplus; one of any other owner of slots protects data that has to move first.
  const isSurplus = survivors.some(({ primary }) => primary.id === member.primaryId);
  return isSurplus || !topology.owned.has(member.primaryId);
}

/** Prefers a machine where the shard is not yet. Removes the member from `spare`. */
function takeBest(spare: Member[], seat: Seats): Member | undefined {
  const machines = new Set([seat.shard.primary, ...seat.members].map(({ machine }) => machine));
  const elsewhere = spare.findIndex(({ machine }) => !machines.has(machine));
  return spare.splice(Math.max(elsewhere, 0), 1)[0];
}

/** Whether the manifest wants this pod. */
export function isKept(member: Member, topology: Topology): boolean {
  return member.ordinal < topology.shape.pods;
}
