import type { OpenSlot } from './cluster-nodes.ts';
import { isEveryPodKnown } from './faults.ts';
import type { BuiltinObserved } from './observed.ts';
import { findUncovered } from './safety.ts';
import { absentOwners, isEmptyNode, type Member, participants, strangers, type Topology } from './topology.ts';

/** What can be wrong with a formed cluster and how it is put right: pure decisions, the action beside executes them. */

export interface Introduction {
  readonly from: Member;
  readonly to: Member;
}

/** Most introductions per step: enough for all pairs of eight nodes. */
const maxIntroductions = 64;

/**
 * Who must be introduced to whom, because a line is missing or carries an old address. In a small cluster everybody to
 * everybody, which takes a second; in a large one a node that owns slots meets the others and the others meet it, and
 * gossip does the rest.
 */
export function findIntroductions(topology: Topology): readonly Introduction[] {
  const nodes = participants(topology);
  const seed = chooseSeed(topology, nodes);
  if (seed === undefined) {
    return [];
  }
  const all = nodes.flatMap((from) => nodes.flatMap((to) => introduce(from, to)));
  const around = all.filter(({ from, to }) => from === seed || to === seed);
  return all.length > maxIntroductions && around.length > 0 ? around : all.slice(0, maxIntroductions);
}

/** The owner of slots that knows most; without any owner there is no cluster to take nodes into. */
function chooseSeed(topology: Topology, nodes: readonly Member[]): Member | undefined {
  return nodes
    .filter(({ id }) => topology.owned.has(id))
    .toSorted((a, b) => b.view.length - a.view.length || a.ordinal - b.ordinal)[0];
}

function introduce(from: Member, to: Member): readonly Introduction[] {
  if (from === to || isEmptyNode(from)) {
    return [];
  }
  const line = from.view.find(({ id }) => id === to.id);
  return line?.host === to.address && !line.flags.has('noaddr') ? [] : [{ from, to }];
}

/**
 * Replicas that copy from an address where their primary is no more, although they know its present one. Redis takes
 * news of an address by gossip without telling its own replication.
 */
export function findMisled(topology: Topology): readonly { readonly replica: Member; readonly primary: Member }[] {
  return topology.members.flatMap((replica) => {
    const primary = topology.byId.get(replica.primaryId ?? '');
    const { source } = replica.replication;
    return primary === undefined || source === undefined || source === primary.address ? [] : [{ replica, primary }];
  });
}

/** How long a node may be away before the others give up on it, milliseconds: well above a restart of its pod. */
const farewellMs = 30_000;

/**
 * Ids of no pod that everybody may forget: all slots are covered without them, nobody replicates them, every wanted
 * pod is there under another id, and they have been away for a while.
 */
export function findForgettable(observed: BuiltinObserved): readonly string[] {
  const { topology } = observed;
  if (!topology.isComplete || findUncovered(topology) !== undefined) {
    return [];
  }
  const followed = new Set(topology.members.map(({ primaryId }) => primaryId));
  return [...strangers(topology)]
    .filter(([id, sightings]) => !followed.has(id) && sightings.every(({ by, line }) => awayMs(by, line) >= farewellMs))
    .map(([id]) => id)
    .toSorted();
}

/** By the clock of the node that tells it; a node that just started has not waited long yet. */
function awayMs(by: Member, line: { readonly lastPongAt: number }): number {
  return Math.min(by.uptimeMs, by.clock - line.lastPongAt);
}

/** Redis' own election comes first; it takes about two node timeouts (5 s each). */
const electionMs = 20_000;

/**
 * A replica that must take its primary's place by decision: the primary's volume is gone for good and the primaries
 * that are left are too few to elect. Redis never does this itself, for it cannot know that nobody will come back.
 */
export function findSuccessor(
  observed: BuiltinObserved,
): { readonly replica: Member; readonly lostId: string } | undefined {
  const { topology } = observed;
  const lostIds = isEveryPodKnown(observed) ? absentOwners(topology) : [];
  const sightings = strangers(topology);
  for (const lostId of lostIds) {
    const isOver = (sightings.get(lostId) ?? []).every(({ by, line }) => awayMs(by, line) >= electionMs);
    const [replica] = topology.members
      .filter(({ primaryId }) => primaryId === lostId)
      .toSorted((a, b) => b.replication.offset - a.replication.offset || a.ordinal - b.ordinal);
    if (isOver && replica !== undefined) {
      return { replica, lostId };
    }
  }
  return undefined;
}

/** Primaries with slots, or about to get some, that do not carry the identity yet. */
export function findUnmarked(topology: Topology, primaries: readonly Member[]): readonly Member[] {
  const known = new Set(participants(topology));
  return primaries.filter((member) => member.identity === undefined && known.has(member) && member.view.length > 0);
}

/** What to do with a slot whose move was interrupted. */
export type Mend =
  | { readonly kind: 'finish'; readonly slot: number; readonly from: Member; readonly to: Member }
  /** The mark on this node leads nowhere: it is taken away. */
  | { readonly kind: 'close'; readonly slot: number; readonly at: Member };

/** One mend per mark, at most `limit`; finished moves first come in the order of the slots. */
export function findMends(topology: Topology, limit: number): readonly Mend[] {
  const mends = new Map<string, Mend>();
  for (const member of topology.members) {
    for (const mark of member.importing) {
      put(mends, mendImport(topology, member, mark));
    }
    for (const mark of member.migrating) {
      put(mends, mendMigration(topology, member, mark));
    }
  }
  return [...mends.values()].toSorted((a, b) => a.slot - b.slot).slice(0, limit);
}

function put(mends: Map<string, Mend>, mend: Mend): void {
  const key = mend.kind === 'finish' ? `finish ${mend.slot}` : `close ${mend.slot} ${mend.at.id}`;
  mends.set(key, mend);
}

/** Keys may be on both sides, so the move goes on to where it went: from whoever owns the slot now. */
function mendImport(topology: Topology, to: Member, { slot }: OpenSlot): Mend {
  const owner = topology.byId.get(topology.owners[slot] ?? '');
  return owner === undefined || owner === to || to.primaryId !== undefined
    ? { kind: 'close', slot, at: to }
    : { kind: 'finish', slot, from: owner, to };
}

/** A failover at the other end forgets the mark but not the keys: its new primary goes on. */
function mendMigration(topology: Topology, from: Member, { slot, peerId }: OpenSlot): Mend {
  const peer = topology.byId.get(peerId);
  const to = peer?.primaryId === undefined ? peer : topology.byId.get(peer.primaryId);
  return to === undefined || to === from || topology.owners[slot] !== from.id
    ? { kind: 'close', slot, at: from }
    : { kind: 'finish', slot, from, to };
}
