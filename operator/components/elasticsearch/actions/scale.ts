import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { rolloutManager } from '../../../objects/names.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import { findFault } from '../faults.ts';
import { foreignHold, leavingNames, settingNames, surplus } from '../markers.ts';
import { elasticsearchNames, podName } from '../names.ts';
import type { Observed } from '../observed.ts';
import { findAway } from '../safety.ts';
import { findMoving, findUndrained } from '../shards.ts';
import { detail, harmless, nothing, setSettings, talk, type UpCluster, upCluster } from './ports.ts';

/**
 * Takes nodes away: shards leave them first, then their votes, then the pods; their volumes stay. Every step is planned
 * from what is, so it goes on wherever it was stopped, and turns back when the manifest does. More nodes need no step:
 * they join by themselves and Elasticsearch gives them shards.
 */
export const scale: Action<Observed> = {
  name: 'Scale',
  plan(observed, stack) {
    const cluster = upCluster(observed);
    if (cluster === undefined || findFault(cluster.observed, stack) !== undefined) {
      return nothing;
    }
    const leaving = surplus(cluster.observed.size, stack, (ordinal) => podName(stack, ordinal));
    return leaving.length === 0 ? planReturn(cluster) : planLeaving(cluster, stack, leaving);
  },
  execute: executeScaling,
};

function planLeaving(cluster: UpCluster, stack: CompleteStack, leaving: readonly string[]): Plan {
  const { facts, observed, target } = cluster;
  const obstacle = foreignHold(facts);
  if (obstacle !== undefined) {
    return { kind: 'blocked', blockedBy: 'allocationFree', message: obstacle };
  }
  const names = leaving.join(', ');
  if (leavingNames(facts).join(',') !== leaving.join(',')) {
    return harmless('DrainNodes', `Tells shards to leave ${names}.`, target, { leaving: [...leaving] });
  }
  const tied = findAway(observed, facts, ({ ordinal }) => ordinal < stack.elasticsearch.nodes);
  if (tied !== undefined) {
    return { kind: 'blocked', blockedBy: 'othersRun', message: tied };
  }
  const undrained = findMoving(facts) ?? findUndrained(facts, leaving);
  if (undrained !== undefined) {
    return { kind: 'blocked', blockedBy: 'shardsDrained', message: undrained };
  }
  if (leaving.some((name) => !facts.voteless.includes(name))) {
    return harmless('WithdrawVotes', `Takes the votes of ${names} away.`, target, { leaving: [...leaving] });
  }
  const message = `Removes the empty pods ${names}; their volumes stay.`;
  const details = { replicas: stack.elasticsearch.nodes };
  return { kind: 'step', step: { name: 'RemovePods', message, disruptive: true, details } };
}

/** After the pods are gone, or when they shall stay after all: nobody is kept out any more. */
function planReturn({ facts, observed, target }: UpCluster): Plan {
  const told = leavingNames(facts);
  const kept = new Set(observed.pods.filter(({ ordinal }) => ordinal < observed.size).map(({ name }) => name));
  const isPending = told.some((name) => !kept.has(name) && facts.nodes.some((node) => node.name === name));
  return told.length === 0 || isPending
    ? nothing
    : harmless('FinishDrain', `Forgets that ${told.join(', ')} had to be empty.`, target);
}

async function executeScaling(step: Step, ports: ActionPorts): Promise<void> {
  switch (step.name) {
    case 'DrainNodes': {
      const names = detail<readonly string[]>(step, 'leaving').join(',');
      return setSettings(step, ports, { [settingNames.exclude]: names, [settingNames.leaving]: names });
    }
    case 'WithdrawVotes': {
      const names = detail<readonly string[]>(step, 'leaving').join(',');
      const path = `/_cluster/voting_config_exclusions?node_names=${names}&timeout=20s`;
      await talk(step, ports, { method: 'POST', path });
      return;
    }
    case 'RemovePods':
      return shrink(ports, detail(step, 'replicas'));
    default:
      return finishDrain(step, ports);
  }
}

/** The note goes last: while it is there, whatever was interrupted is done again. */
async function finishDrain(step: Step, ports: ActionPorts): Promise<void> {
  const path = '/_cluster/voting_config_exclusions?wait_for_removal=false';
  await talk(step, ports, { method: 'DELETE', path });
  await setSettings(step, ports, { [settingNames.exclude]: null, [settingNames.leaving]: null });
}

async function shrink(ports: ActionPorts, replicas: number): Promise<void> {
  const { namespace } = ports.stack;
  const metadata = { name: elasticsearchNames(ports.stack).statefulSet, namespace };
  const body = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { replicas } };
  await ports.kube.apply(body, { manager: rolloutManager });
}
