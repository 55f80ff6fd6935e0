import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { podStatus } from '../../../objects/live-status.ts';
import type { Action, ActionPorts, Plan } from '../../contract.ts';
import { isEveryVolumeEmpty } from '../members.ts';
import { clusterStateName, credentialKeys, namesOf } from '../names.ts';
import type { Observed } from '../observed.ts';
import { type ExecutionPorts, nothing } from './steps.ts';

/**
 * Removes Patroni's note that data exists when it exists nowhere: the note of a deleted stack of the same name, whose
 * last pod wrote it again while everything else was being deleted. Without this every pod would wait for a leader for
 * ever. A stack that has recorded the identity of its data never comes here.
 */
export function forgetFormerCluster({ servers }: ExecutionPorts): Action<Observed> {
  return {
    name: 'ForgetFormerCluster',
    plan: planForgetting,
    async execute(step, ports) {
      const note = await readNote(ports);
      if (note === undefined) {
        return;
      }
      // Asked after the note was read: whoever had written it would no longer say that it has no data.
      const { hosts } = step.details;
      const password = ports.secret(namesOf(ports.stack).credentials)?.[credentialKeys.rest] ?? '';
      const members = await Promise.all(
        (Array.isArray(hosts) ? hosts : []).map((host) =>
          servers.patroni.status({ host: String(host), port: servers.ports.rest, password, signal: ports.signal }),
        ),
      );
      if (members.every(({ role }) => role === 'uninitialized')) {
        await ports.kube.remove(note.ref, { uid: note.uid });
      }
    },
  };
}

/** An ordinary first start has a leader within seconds. */
const patienceMs = 60_000;

/** Pure. */
export function planForgetting(observed: Observed, stack: CompleteStack): Plan {
  if (observed.mode !== 'Builtin' || observed.recordedIdentity !== undefined || !isEveryVolumeEmpty(observed, stack)) {
    return nothing;
  }
  if (observed.youngestPodMs < patienceMs) {
    return nothing;
  }
  const hosts = observed.instances.map(({ pod }) => podStatus(pod).podIP ?? '');
  const message = 'Look for the note of a former cluster, which would keep an empty one from starting.';
  return { kind: 'step', step: { name: 'ForgetFormerCluster', message, disruptive: false, details: { hosts } } };
}

/** The note with the identity of finished data; `undefined` when there is none, as during every first start. */
async function readNote(ports: ActionPorts) {
  const { namespace } = ports.stack;
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: clusterStateName(ports.stack) };
  const note = await ports.kube.get(ref);
  const uid = note?.metadata.uid;
  const identity = note?.metadata.annotations?.['initialize'] ?? '';
  return uid !== undefined && /^\d+$/.test(identity) ? { ref, uid } : undefined;
}
