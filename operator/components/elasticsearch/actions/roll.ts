import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import type { ServerTarget } from '../client.ts';
import { findFault } from '../faults.ts';
import { settingNames } from '../markers.ts';
import type { BuiltinObserved, ElasticsearchPod, Observed } from '../observed.ts';
import { firstComplaint } from '../safety.ts';
import { nothing, setSettings, talk, type UpCluster, upCluster } from './ports.ts';

/**
 * Restarts pods whose template changed, one per pass and the elected master last, each only while the named checks of
 * `safety.ts` hold. Copies of shards stay where they are meanwhile (see `release.ts`). A single node is restarted
 * directly; the search is away for the seconds that takes.
 */
export const roll: Action<Observed> = { name: 'RollingRestart', plan: planRoll, execute: restart };

/** Restarts pods with an old template that cannot start: waiting for them to become healthy first could take for ever. */
export const replace: Action<Observed> = { name: 'ReplaceBrokenPods', plan: planReplacement, execute: restart };

/** Pods whose template is not the newest; none while Kubernetes has not seen the newest. */
export function findOutdated({ statefulSet, pods, size }: BuiltinObserved): readonly ElasticsearchPod[] {
  const revision = statefulSet?.updateRevision;
  return revision === undefined ? [] : pods.filter((pod) => pod.ordinal < size && pod.revision !== revision);
}

function planReplacement(observed: Observed): Plan {
  const outdated = observed.mode === 'Builtin' ? findOutdated(observed) : [];
  const broken = outdated.find(({ isBroken, isDeleting }) => isBroken && !isDeleting);
  return broken === undefined
    ? nothing
    : restartStep(broken, `Restarts ${broken.name}: it cannot start, and its template is an old one.`);
}

function planRoll(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin' || findFault(observed, stack) !== undefined) {
    return nothing;
  }
  const outdated = findOutdated(observed);
  const [first] = outdated;
  if (first === undefined) {
    return nothing;
  }
  const cluster = upCluster(observed);
  const silence = observed.answer.state === 'up' ? '' : `${observed.answer.message}.`;
  return cluster === undefined
    ? { kind: 'blocked', blockedBy: 'clusterAnswers', message: silence, target: first.name }
    : planNext(cluster, outdated);
}

function planNext({ observed, facts, target: server }: UpCluster, outdated: readonly ElasticsearchPod[]): Plan {
  const target = outdated.find(({ name }) => name !== facts.master) ?? outdated[0];
  if (target === undefined) {
    return nothing;
  }
  const complaint = firstComplaint(target, facts, observed);
  if (complaint !== undefined) {
    return { kind: 'blocked', ...complaint, target: target.name };
  }
  const role = target.name === facts.master ? 'the elected master' : 'the node';
  const message = `Restarts ${role} ${target.name}; ${outdated.length} pods have an old template.`;
  return restartStep(target, message, observed.size > 1 ? server : undefined);
}

/** With a server copies are held first: a node that is back in a minute still has its own. */
function restartStep({ name, uid }: ElasticsearchPod, message: string, server?: ServerTarget): Plan {
  const details = { pod: name, uid, ...(server === undefined ? {} : { url: server.url }) };
  return { kind: 'step', step: { name: 'RestartPod', message, target: name, disruptive: true, details } };
}

async function restart(step: Step, ports: ActionPorts): Promise<void> {
  const { namespace } = ports.stack;
  const [name, uid] = [String(step.details['pod']), String(step.details['uid'])];
  if (step.details['url'] !== undefined) {
    await hold(step, ports, `${name}/${uid}`);
  }
  // The uid guards the successor: a pod that was replaced meanwhile is a new one already.
  await ports.kube.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { uid });
}

/** Replicas stay unassigned rather than being copied; what is written down needs no replay after the start. */
async function hold(step: Step, ports: ActionPorts, pod: string): Promise<void> {
  await setSettings(step, ports, { [settingNames.allocation]: 'primaries', [settingNames.heldFor]: pod });
  await talk(step, ports, { method: 'POST', path: '/_flush' });
}
