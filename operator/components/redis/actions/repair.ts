import type { JsonObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import { findFault } from '../faults.ts';
import { identitySource, newIdentity } from '../identity.ts';
import { planLayout } from '../layout.ts';
import type { BuiltinObserved, Observed } from '../observed.ts';
import {
  findForgettable,
  findIntroductions,
  findMends,
  findMisled,
  findSuccessor,
  findUnmarked,
  type Mend,
} from '../repair.ts';
import { identities, participants } from '../topology.ts';
import { type Meeting, meetNodes } from './meet.ts';
import { moveSlots } from './move-slots.ts';
import { attempt, command, type NodeRef, refOfMember } from './nodes.ts';

/** Puts a formed cluster right: addresses, missing marks, lost elections, interrupted moves, dead ids. */
export const repair: Action<Observed> = {
  name: 'RepairCluster',
  plan(observed, stack) {
    return observed.mode === 'External' ? { kind: 'none' } : planRepair(observed, stack);
  },
  execute: executeRepair,
};

type RepairDetails =
  | { readonly kind: 'meet'; readonly meetings: readonly Meeting[]; readonly nodes: readonly NodeRef[] }
  | { readonly kind: 'follow'; readonly pairs: readonly { readonly node: NodeRef; readonly primaryId: string }[] }
  | { readonly kind: 'mark'; readonly nodes: readonly NodeRef[]; readonly identity: string }
  | { readonly kind: 'takeOver'; readonly node: NodeRef }
  | { readonly kind: 'mend'; readonly mends: readonly MendRef[]; readonly primaries: readonly NodeRef[] }
  | { readonly kind: 'forget'; readonly ids: readonly string[]; readonly nodes: readonly NodeRef[] };

type MendRef =
  | { readonly kind: 'finish'; readonly slot: number; readonly from: NodeRef; readonly to: NodeRef }
  | { readonly kind: 'close'; readonly slot: number; readonly at: NodeRef };

/** In this order: a cluster whose nodes cannot find each other must be introduced before anything else can be judged. */
const planners: readonly ((observed: BuiltinObserved) => Step | undefined)[] = [
  planMeeting,
  planFollowing,
  planMark,
  planTakeover,
  planMend,
  planFarewell,
];

function planRepair(observed: BuiltinObserved, stack: CompleteStack): Plan {
  if (findFault(observed, stack) !== undefined) {
    return { kind: 'none' };
  }
  for (const planner of planners) {
    const step = planner(observed);
    if (step !== undefined) {
      return { kind: 'step', step };
    }
  }
  return { kind: 'none' };
}

function repairStep(name: string, message: string, details: RepairDetails): Step {
  return { name, message, disruptive: false, details };
}

function planMeeting({ topology }: BuiltinObserved): Step | undefined {
  const found = findIntroductions(topology);
  const names = [...new Set(found.map(({ to }) => to.name))].toSorted();
  return found.length === 0
    ? undefined
    : repairStep('MeetNodes', `Tells the nodes where ${names.join(', ')} is now.`, {
        kind: 'meet',
        meetings: found.map(({ from, to }) => ({ from: refOfMember(from), to: refOfMember(to) })),
        nodes: participants(topology).map(refOfMember),
      });
}

function planFollowing({ topology }: BuiltinObserved): Step | undefined {
  const found = findMisled(topology);
  return found.length === 0
    ? undefined
    : repairStep(
        'FollowPrimary',
        `Points ${found.map(({ replica }) => replica.name).join(', ')} to the present address of the primary.`,
        {
          kind: 'follow',
          pairs: found.map(({ replica, primary }) => ({ node: refOfMember(replica), primaryId: primary.id })),
        },
      );
}

function planMark({ topology, recorded }: BuiltinObserved): Step | undefined {
  const survivors = planLayout(topology).survivors.map(({ primary }) => primary);
  const found = findUnmarked(topology, survivors);
  const identity = recorded.identity ?? identities(topology)[0] ?? newIdentity(topology.kept.map(({ id }) => id));
  return found.length === 0
    ? undefined
    : repairStep('MarkNodes', `Writes the identity of the data to ${found.map(({ name }) => name).join(', ')}.`, {
        kind: 'mark',
        nodes: found.map(refOfMember),
        identity,
      });
}

function planTakeover(observed: BuiltinObserved): Step | undefined {
  const found = findSuccessor(observed);
  return found === undefined
    ? undefined
    : repairStep(
        'TakeOver',
        `${found.replica.name} takes the place of primary ${found.lostId}, whose volume is gone.`,
        {
          kind: 'takeOver',
          node: refOfMember(found.replica),
        },
      );
}

/** Open slots mended per step. */
const mendLimit = 512;

function planMend({ topology }: BuiltinObserved): Step | undefined {
  const found = findMends(topology, mendLimit);
  return found.length === 0
    ? undefined
    : repairStep('MendSlots', `Finishes the interrupted move of ${found.length} slots.`, {
        kind: 'mend',
        mends: found.map(toMendRef),
        primaries: topology.shards.map(({ primary }) => refOfMember(primary)),
      });
}

function toMendRef(mend: Mend): MendRef {
  return mend.kind === 'close'
    ? { ...mend, at: refOfMember(mend.at) }
    : { ...mend, from: refOfMember(mend.from), to: refOfMember(mend.to) };
}

function planFarewell(observed: BuiltinObserved): Step | undefined {
  const ids = findForgettable(observed);
  return ids.length === 0
    ? undefined
    : repairStep('ForgetNodes', `Forgets ${ids.length} nodes that belong to no pod any more.`, {
        kind: 'forget',
        ids,
        nodes: participants(observed.topology).map(refOfMember),
      });
}

async function executeRepair(step: Step, ports: ActionPorts): Promise<void> {
  const details = detailsOf(step.details);
  switch (details.kind) {
    case 'meet':
      return meetNodes(ports, details.meetings, details.nodes);
    case 'follow':
      await Promise.all(
        details.pairs.map(({ node, primaryId }) => command(ports, node, [['CLUSTER', 'REPLICATE', primaryId]])),
      );
      return;
    case 'mark':
      await Promise.all(details.nodes.map((node) => command(ports, node, [markCommand(details.identity)])));
      return;
    case 'takeOver':
      await command(ports, details.node, [['CLUSTER', 'FAILOVER', 'TAKEOVER']]);
      return;
    case 'mend':
      return mendSlots(ports, details.mends, details.primaries);
    case 'forget':
      // A node that has forgotten already, or never knew, answers an error: that is fine.
      await Promise.all(details.nodes.map((node) => attempt(ports, node, details.ids.map(forgetCommand))));
      return;
  }
}

function markCommand(identity: string): readonly string[] {
  return ['FUNCTION', 'LOAD', 'REPLACE', identitySource(identity)];
}

function forgetCommand(id: string): readonly string[] {
  return ['CLUSTER', 'FORGET', id];
}

/** For the moves of one step, milliseconds; the next pass goes on. */
const mendBudgetMs = 15_000;

async function mendSlots(ports: ActionPorts, mends: readonly MendRef[], primaries: readonly NodeRef[]): Promise<void> {
  const until = performance.now() + mendBudgetMs;
  for (const mend of mends) {
    if (mend.kind === 'close') {
      await command(ports, mend.at, [['CLUSTER', 'SETSLOT', String(mend.slot), 'STABLE']]);
    } else {
      await moveSlots(ports, { from: mend.from, to: mend.to, slots: [mend.slot] }, primaries, until);
    }
  }
}

function detailsOf(details: JsonObject): RepairDetails {
  // Written by the planners above and handed back unchanged by the engine.
  return details as unknown as RepairDetails;
}
