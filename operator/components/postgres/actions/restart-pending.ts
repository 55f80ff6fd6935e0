import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, Plan } from '../../contract.ts';
import { factsOf, isLowering, leaderOf, replicasOf, restartKey } from '../members.ts';
import type { Instance, Observed, ObservedBuiltin } from '../observed.ts';
import { findObjection, settingsTakenUp, voluntaryDisruption } from '../safety.ts';
import { detail, type ExecutionPorts, endpointOf, nothing, podStep } from './steps.ts';

/**
 * Restarts PostgreSQL, not its pod, where a changed parameter waits for it: replicas first, the leader last and in
 * place (Patroni writes a checkpoint first, so it is away for a second or two, as with a switchover).
 */
export function restartPending({ servers, attempts }: ExecutionPorts): Action<Observed> {
  return {
    name: 'RestartPending',
    plan: planPendingRestart,
    async execute(step, ports) {
      await servers.patroni.restartPending(endpointOf(step, servers, ports));
      attempts.remember(restartKey(detail(step, 'uid'), ports.stack), 'restarted');
    },
  };
}

/** Pure. */
export function planPendingRestart(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin') {
    return nothing;
  }
  const target = nextOf(observed, stack);
  if (target === undefined) {
    return nothing;
  }
  const waiting = factsOf(observed)?.pendingRestart.join(', ') ?? '';
  const message = `Restart PostgreSQL in ${target.name}${waiting === '' ? '' : ` for ${waiting}`}.`;
  return (
    findObjection([...voluntaryDisruption, settingsTakenUp], { observed, stack, target }) ??
    podStep(target, { name: 'RestartServer', message, disruptive: true })
  );
}

function nextOf(observed: ObservedBuiltin, stack: CompleteStack): Instance | undefined {
  const isWaiting = (instance: Instance) =>
    instance.member?.pendingRestart === true && !observed.restarted.includes(instance.name);
  const leader = leaderOf(observed.instances);
  const facts = factsOf(observed);
  const pendingLeader = leader !== undefined && isWaiting(leader) ? leader : undefined;
  if (pendingLeader !== undefined && facts !== undefined && isLowering(facts, stack)) {
    return pendingLeader;
  }
  return replicasOf(observed).findLast(isWaiting) ?? pendingLeader;
}
