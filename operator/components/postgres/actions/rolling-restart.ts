import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, Plan } from '../../contract.ts';
import { isHealthyReplica, isOutdated, leaderOf, replicasOf } from '../members.ts';
import type { Observed, ObservedBuiltin } from '../observed.ts';
import { findObjection, voluntaryDisruption } from '../safety.ts';
import { deletePod, detail, type ExecutionPorts, endpointOf, nothing, podStep } from './steps.ts';
import { planSwitchover } from './switch-over.ts';

/** Brings every pod to the StatefulSet's template: one per pass, replicas first, the leader last and by handover. */
export function rollingRestart({ servers }: ExecutionPorts): Action<Observed> {
  return {
    name: 'RollingRestart',
    plan: planRoll,
    async execute(step, ports) {
      if (step.name !== 'SwitchOver') {
        return deletePod(step, ports);
      }
      const names = { leader: detail(step, 'pod'), candidate: detail(step, 'candidate') };
      return servers.patroni.switchover(endpointOf(step, servers, ports), names);
    },
  };
}

/** Pure. */
export function planRoll(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin' || !observed.instances.some((instance) => isOutdated(observed, instance))) {
    return nothing;
  }
  return planReplica(observed, stack) ?? planLeader(observed, stack);
}

function planReplica(observed: ObservedBuiltin, stack: CompleteStack): Plan | undefined {
  const outdated = replicasOf(observed).filter((instance) => isOutdated(observed, instance));
  // One that does not work costs nothing, and the restart may be its cure.
  const replica = outdated.find((instance) => !isHealthyReplica(observed, instance)) ?? outdated.at(-1);
  if (replica === undefined) {
    return undefined;
  }
  const message = `Restart replica ${replica.name} with the changed template.`;
  return (
    findObjection(voluntaryDisruption, { observed, stack, target: replica }) ??
    podStep(replica, { name: 'RestartReplica', message, disruptive: true })
  );
}

function planLeader(observed: ObservedBuiltin, stack: CompleteStack): Plan {
  const leader = leaderOf(observed.instances);
  const objection = findObjection(voluntaryDisruption, { observed, stack, target: leader });
  if (objection !== undefined || leader === undefined) {
    return objection ?? nothing;
  }
  if (observed.instances.length === 1) {
    const message = `Restart ${leader.name} with the changed template; it is the only instance, so the database is away meanwhile.`;
    return podStep(leader, { name: 'RestartPrimary', message, disruptive: true });
  }
  return planSwitchover(observed, {
    leader,
    eligible: replicasOf(observed),
    why: 'its pod is the last one to be restarted',
  });
}
