import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, Plan } from '../../contract.ts';
import { leaderOf } from '../members.ts';
import { wantedInstances } from '../names.ts';
import type { Instance, Observed, ObservedBuiltin } from '../observed.ts';
import {
  bestCandidate,
  findObjection,
  identityKnown,
  leaderPresent,
  notInMaintenance,
  type Predicate,
} from '../safety.ts';
import { detail, type ExecutionPorts, endpointOf, nothing, podStep } from './steps.ts';

/**
 * Moves the leader off a pod that is going away, so that fewer replicas never cost more than an orderly handover. The
 * StatefulSet keeps its size until that is done (`desired/index.ts`).
 */
export function scaleDown({ servers }: ExecutionPorts): Action<Observed> {
  return {
    name: 'ScaleDown',
    plan: planScaleDown,
    execute: (step, ports) =>
      servers.patroni.switchover(endpointOf(step, servers, ports), {
        leader: detail(step, 'pod'),
        candidate: detail(step, 'candidate'),
      }),
  };
}

const predicates: readonly Predicate[] = [identityKnown, leaderPresent, notInMaintenance];

/** Pure. */
export function planScaleDown(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin') {
    return nothing;
  }
  const leader = leaderOf(observed.instances);
  const wanted = wantedInstances(stack);
  if (leader === undefined || leader.ordinal < wanted) {
    return nothing;
  }
  const staying = observed.instances.filter(({ ordinal }) => ordinal < wanted);
  return (
    findObjection(predicates, { observed, stack, target: leader }) ??
    planSwitchover(observed, { leader, eligible: staying, why: `pod ${leader.name} is no longer wanted` })
  );
}

/** A switchover to the best of the eligible replicas; blocked when none is fit. Pure. */
export function planSwitchover(
  observed: ObservedBuiltin,
  move: { readonly leader: Instance; readonly eligible: readonly Instance[]; readonly why: string },
): Plan {
  const candidate = bestCandidate(observed, move.eligible);
  const { leader, why } = move;
  if (candidate === undefined) {
    return {
      kind: 'blocked',
      blockedBy: 'candidateStreaming',
      message: `No replica is ready, streaming and close enough to take over from ${leader.name}.`,
      target: leader.name,
    };
  }
  const message = `Hand the lead from ${leader.name} to ${candidate.name}: ${why}.`;
  return podStep(leader, { name: 'SwitchOver', message, disruptive: true }, { candidate: candidate.name });
}
