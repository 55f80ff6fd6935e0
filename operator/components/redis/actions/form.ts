import type { JsonObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import { findFault } from '../faults.ts';
import { identitySource, newIdentity } from '../identity.ts';
import { planLayout } from '../layout.ts';
import type { Observed } from '../observed.ts';
import { evenShares, type SlotRange, slotCount, toRanges } from '../slots.ts';
import { identities, type Topology } from '../topology.ts';
import { meetNodes } from './meet.ts';
import { attempt, command, type NodeRef, refOfMember } from './nodes.ts';

/**
 * Gives every slot that nobody owns to a primary, and brings the nodes together. On empty nodes that makes a new cluster;
 * after an operator that died half-way it finishes the one that was begun. It never resets or empties anything: slots
 * without an owner hold no keys, and it acts only when every wanted node answers.
 */
export const form: Action<Observed> = {
  name: 'FormCluster',
  plan(observed, stack) {
    return observed.mode === 'External' ? { kind: 'none' } : planFormation(observed, stack);
  },
  execute: executeFormation,
};

type Builtin = Extract<Observed, { mode: 'Builtin' }>;

function planFormation(observed: Builtin, stack: CompleteStack): Plan {
  const { topology } = observed;
  const free = topology.unassigned;
  if (free.length === 0 || !topology.isComplete || findFault(observed, stack) !== undefined) {
    return { kind: 'none' };
  }
  return { kind: 'step', step: formationStep(topology, free, observed.recorded.identity) };
}

/** What `executeFormation` needs. */
type FormationDetails = {
  readonly identity: string;
  readonly primaries: readonly NewPrimary[];
  readonly nodes: readonly NodeRef[];
};

type NewPrimary = {
  readonly node: NodeRef;
  readonly needsIdentity: boolean;
  /** Distinct numbers for nodes that are still alone spare them the negotiation; 0: leave it. */
  readonly epoch: number;
  readonly slots: readonly SlotRange[];
};

function formationStep(topology: Topology, free: readonly number[], recorded: string | undefined): Step {
  const { shape, kept } = topology;
  const isNew = free.length === slotCount;
  const details: FormationDetails = {
    identity: recorded ?? identities(topology)[0] ?? newIdentity(kept.map(({ id }) => id)),
    primaries: assignSlots(topology, free),
    nodes: kept.map(refOfMember),
  };
  return {
    name: isNew ? 'CreateCluster' : 'AssignSlots',
    message: isNew
      ? `Makes a cluster of ${shape.shards} shards from ${shape.pods} empty nodes.`
      : `Gives ${free.length} slots that nobody owns to the primaries.`,
    disruptive: false,
    details,
  };
}

/** Fills the primaries up to even shares, in order of the slots. */
function assignSlots(topology: Topology, free: readonly number[]): readonly NewPrimary[] {
  const { survivors } = planLayout(topology);
  const shares = evenShares(slotCount, survivors.length);
  let at = 0;
  return survivors.map(({ primary, slots }, index) => {
    const isLast = index === survivors.length - 1;
    const count = isLast ? free.length - at : Math.max(0, (shares[index] ?? 0) - slots.length);
    const part = free.slice(at, at + count);
    at += part.length;
    return {
      node: refOfMember(primary),
      needsIdentity: primary.identity === undefined,
      epoch: primary.view.length === 0 && primary.epoch === 0 ? index + 1 : 0,
      slots: toRanges(part),
    };
  });
}

async function executeFormation(step: Step, ports: ActionPorts): Promise<void> {
  const { identity, primaries, nodes } = detailsOf(step.details);
  await Promise.all(primaries.map((primary) => preparePrimary(ports, primary, identity)));
  const [seed] = primaries;
  if (seed !== undefined) {
    const others = nodes.filter(({ id }) => id !== seed.node.id);
    await meetNodes(
      ports,
      others.map((node) => ({ from: seed.node, to: node })),
      nodes,
    );
  }
}

/** The identity comes first: a node with slots always has it, so a half-made cluster is known as ours. */
async function preparePrimary(ports: ActionPorts, primary: NewPrimary, identity: string): Promise<void> {
  if (primary.needsIdentity) {
    await command(ports, primary.node, [['FUNCTION', 'LOAD', 'REPLACE', identitySource(identity)]]);
  }
  if (primary.epoch > 0) {
    // Refused once the node knows another one; the cluster then sorts its epochs out itself.
    await attempt(ports, primary.node, [['CLUSTER', 'SET-CONFIG-EPOCH', String(primary.epoch)]]);
  }
  if (primary.slots.length > 0) {
    await command(ports, primary.node, [['CLUSTER', 'ADDSLOTSRANGE', ...primary.slots.flat().map(String)]]);
  }
}

function detailsOf(details: JsonObject): FormationDetails {
  // Written by `formationStep` above and handed back unchanged by the engine.
  return details as unknown as FormationDetails;
}
