import type { JsonObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { rolloutManager } from '../../../objects/names.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import { findFault } from '../faults.ts';
import { identityLibrary } from '../identity.ts';
import { type Attachment, isKept, type Layout, planLayout } from '../layout.ts';
import { planMoves } from '../moves.ts';
import { redisNames } from '../names.ts';
import type { BuiltinObserved, Observed } from '../observed.ts';
import { allNodesOk, firstComplaint, noOpenSlots, ownersKnown, replicasFollowing, slotsCovered } from '../safety.ts';
import { isEmptyNode, participants, strangers } from '../topology.ts';
import { switchPrimary } from './failover.ts';
import { moveSlots, type SlotTransfer } from './move-slots.ts';
import { attempt, command, type NodeRef, refOfMember, waitFor } from './nodes.ts';

/**
 * Brings the cluster to the wanted number of shards and replicas: replicas are attached, slots move to new shards or
 * away from old ones, and pods go only after their nodes are empty and forgotten. Every step is planned from what is,
 * so it goes on wherever it was stopped.
 */
export const scale: Action<Observed> = {
  name: 'Scale',
  plan(observed, stack) {
    return observed.mode === 'External' ? { kind: 'none' } : planScaling(observed, stack);
  },
  execute: executeScaling,
};

type ScaleDetails =
  | { readonly kind: 'attach'; readonly pairs: readonly { readonly node: NodeRef; readonly primaryId: string }[] }
  | { readonly kind: 'convert'; readonly node: NodeRef; readonly others: readonly NodeRef[] }
  | { readonly kind: 'move'; readonly transfers: readonly SlotTransfer[]; readonly primaries: readonly NodeRef[] }
  | { readonly kind: 'switch'; readonly replica: NodeRef }
  | { readonly kind: 'detach'; readonly nodes: readonly NodeRef[]; readonly others: readonly NodeRef[] }
  | { readonly kind: 'shrink'; readonly replicas: number };

type Planner = (observed: BuiltinObserved, layout: Layout) => Plan;

const planners: readonly Planner[] = [
  planAttachments,
  planConversion,
  planMovement,
  planSwitch,
  planDetachment,
  planShrinking,
];

const none: Plan = { kind: 'none' };

function planScaling(observed: BuiltinObserved, stack: CompleteStack): Plan {
  const { topology } = observed;
  if (findFault(observed, stack) !== undefined || topology.unassigned.length > 0) {
    return none;
  }
  const layout = planLayout(topology);
  for (const planner of planners) {
    const plan = planner(observed, layout);
    if (plan.kind !== 'none') {
      return plan;
    }
  }
  return none;
}

function scaleStep(name: string, message: string, details: ScaleDetails, target?: string): Plan {
  const disruptive = details.kind === 'switch';
  return { kind: 'step', step: { name, message, disruptive, details, ...(target === undefined ? {} : { target }) } };
}

/** A node can only follow a primary that it knows; one that does not will be introduced first. */
function planAttachments(_observed: BuiltinObserved, { attachments }: Layout): Plan {
  const possible = attachments.filter(({ member, primary }) => member.view.some(({ id }) => id === primary.id));
  const words = possible.map(({ member, primary }) => `${member.name} to ${primary.name}`);
  return possible.length === 0
    ? none
    : scaleStep('AttachReplicas', `Attaches ${words.join(', ')}.`, { kind: 'attach', pairs: possible.map(toPair) });
}

function toPair({ member, primary }: Attachment) {
  return { node: refOfMember(member), primaryId: primary.id };
}

function planConversion({ topology }: BuiltinObserved, { conversion }: Layout): Plan {
  return conversion === undefined
    ? none
    : scaleStep('FreeReplica', `Frees the spare replica ${conversion.name} for a new shard.`, {
        kind: 'convert',
        node: refOfMember(conversion),
        others: participants(topology)
          .filter((other) => other !== conversion)
          .map(refOfMember),
      });
}

/** Slots planned per step; the time budget usually ends a step before. */
const movesPerStep = 2048;

function planMovement(observed: BuiltinObserved, layout: Layout): Plan {
  const { moves, remaining } = planMoves(layout, movesPerStep);
  if (moves.length === 0) {
    return none;
  }
  const complaint = firstComplaint(observed, [allNodesOk, slotsCovered, ownersKnown, noOpenSlots]);
  if (complaint !== undefined) {
    return { kind: 'blocked', ...complaint };
  }
  const targets = [...new Set(moves.map(({ to }) => to.name))].toSorted();
  return scaleStep('MoveSlots', `Moves slots to ${targets.join(', ')}: ${remaining} are still to go.`, {
    kind: 'move',
    transfers: moves.map(({ from, to, slots }) => ({ from: refOfMember(from), to: refOfMember(to), slots })),
    primaries: observed.topology.shards.map(({ primary }) => refOfMember(primary)),
  });
}

/** A shard whose primary is on a pod that goes: a replica that stays takes over first. */
function planSwitch(observed: BuiltinObserved, { survivors }: Layout): Plan {
  const { topology } = observed;
  const leaving = survivors.find(({ primary }) => !isKept(primary, topology));
  if (leaving === undefined) {
    return none;
  }
  const replica = replicasFollowing(leaving).find((one) => isKept(one, topology));
  if (replica === undefined) {
    const message = `${leaving.primary.name} is to go, and no replica that stays is in sync with it yet.`;
    return { kind: 'blocked', blockedBy: 'replicaInSync', message, target: leaving.primary.name };
  }
  const message = `${replica.name} takes over from ${leaving.primary.name}, which is to go.`;
  return scaleStep('SwitchPrimary', message, { kind: 'switch', replica: refOfMember(replica) }, leaving.primary.name);
}

/** Nodes that go have given everything away, and whoever stays is complete without them. */
function planDetachment(observed: BuiltinObserved, { survivors }: Layout): Plan {
  const { topology } = observed;
  const going = topology.leaving.filter((member) => !isEmptyNode(member));
  if (going.length === 0) {
    return none;
  }
  const complaint =
    firstComplaint(observed, [allNodesOk, slotsCovered]) ??
    survivors.map((shard) => complainOfKept(shard, observed)).find((one) => one !== undefined);
  if (complaint !== undefined) {
    return { kind: 'blocked', ...complaint };
  }
  const names = going.map(({ name }) => name).join(', ');
  return scaleStep('DetachNodes', `Takes ${names} out of the cluster.`, {
    kind: 'detach',
    nodes: going.map(refOfMember),
    others: topology.kept.map(refOfMember),
  });
}

function complainOfKept(shard: Layout['survivors'][number], { topology }: BuiltinObserved) {
  const staying = replicasFollowing(shard).filter((replica) => isKept(replica, topology)).length;
  const { replicasPerShard } = topology.shape;
  return staying >= replicasPerShard
    ? undefined
    : {
        blockedBy: 'replicasInSync',
        message: `Primary ${shard.primary.name} has ${staying} of ${replicasPerShard} replicas in sync that stay.`,
      };
}

/** The last step: the pods. Nodes that never answered must not be known to anybody. */
function planShrinking({ statefulSet, topology }: BuiltinObserved): Plan {
  const { pods } = topology.shape;
  if (statefulSet === undefined || statefulSet.replicas <= pods || !topology.isComplete) {
    return none;
  }
  const unknown = strangers(topology).size;
  if (unknown > 0) {
    const message = `${unknown} nodes of the cluster answer on no pod; they must be forgotten before pods can go.`;
    return { kind: 'blocked', blockedBy: 'leavingNodesDetached', message };
  }
  return scaleStep('RemovePods', `Removes ${statefulSet.replicas - pods} empty pods; their volumes stay.`, {
    kind: 'shrink',
    replicas: pods,
  });
}

async function executeScaling(step: Step, ports: ActionPorts): Promise<void> {
  const details = detailsOf(step.details);
  switch (details.kind) {
    case 'attach':
      await Promise.all(details.pairs.map((pair) => attach(ports, pair.node, pair.primaryId)));
      return;
    case 'convert':
      return detach(ports, [details.node], details.others);
    case 'move':
      return moveAll(ports, details.transfers, details.primaries);
    case 'switch':
      return switchPrimary(ports, details.replica);
    case 'detach':
      return detach(ports, details.nodes, details.others);
    case 'shrink':
      return shrink(ports, details.replicas);
  }
}

/** The first copy of a small data set takes a moment; a large one is awaited by the next passes. */
const firstCopyMs = 3000;

async function attach(ports: ActionPorts, node: NodeRef, primaryId: string): Promise<void> {
  await command(ports, node, [['CLUSTER', 'REPLICATE', primaryId]]);
  await waitFor(ports.signal, firstCopyMs, async () => {
    const [info] = await command(ports, node, [['INFO', 'replication']]);
    return String(info).includes('master_link_status:up');
  });
}

/** For the moves of one step, milliseconds: a third of the time that a pass has. */
const moveBudgetMs = 15_000;

async function moveAll(ports: ActionPorts, transfers: readonly SlotTransfer[], primaries: readonly NodeRef[]) {
  const until = performance.now() + moveBudgetMs;
  for (const transfer of transfers) {
    await moveSlots(ports, transfer, primaries, until);
  }
}

/**
 * First the others forget the nodes (and do not take news of them for 60 s), then the nodes forget the cluster under a
 * new id. Redis refuses to reset a primary that holds keys.
 */
async function detach(ports: ActionPorts, nodes: readonly NodeRef[], others: readonly NodeRef[]): Promise<void> {
  const farewell = nodes.map(({ id }) => ['CLUSTER', 'FORGET', id]);
  await Promise.all(others.map((other) => attempt(ports, other, farewell)));
  await Promise.all(
    nodes.map(async (node) => {
      await command(ports, node, [['CLUSTER', 'RESET', 'HARD']]);
      // A replica's reset drops its functions with its data; a primary still has them.
      await attempt(ports, node, [['FUNCTION', 'DELETE', identityLibrary]]);
    }),
  );
}

async function shrink(ports: ActionPorts, replicas: number): Promise<void> {
  const { namespace } = ports.stack;
  const metadata = { name: redisNames(ports.stack).statefulSet, namespace };
  const body = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { replicas } };
  await ports.kube.apply(body, { manager: rolloutManager });
}

function detailsOf(details: JsonObject): ScaleDetails {
  // Written by the planners above and handed back unchanged by the engine.
  return details as unknown as ScaleDetails;
}
