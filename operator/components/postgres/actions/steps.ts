import type { JsonObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { podStatus } from '../../../objects/live-status.ts';
import type { ActionPorts, Plan, Step } from '../../contract.ts';
import type { Attempts } from '../attempts.ts';
import type { Servers } from '../client.ts';
import { credentialKeys, namesOf } from '../names.ts';
import type { Instance } from '../observed.ts';
import type { PatroniEndpoint } from '../patroni.ts';

/** What executing needs beside what the engine gives. */
export interface ExecutionPorts {
  readonly servers: Servers;
  readonly attempts: Attempts;
}

export const nothing: Plan = { kind: 'none' };

/** A step that works on one pod; its name, uid and address go along as data. */
export function podStep(
  instance: Instance,
  step: { readonly name: string; readonly message: string; readonly disruptive: boolean },
  details: JsonObject = {},
): Plan {
  const { pod, name } = instance;
  const host = podStatus(pod).podIP ?? '';
  return { kind: 'step', step: { ...step, target: name, details: { pod: name, uid: pod.uid, host, ...details } } };
}

/** A detail that a plan of ours has put there. Throws when it has not: a fault in this component. */
export function detail(step: Step, name: string): string {
  const value = step.details[name];
  if (typeof value !== 'string') {
    throw new Error(`step ${step.name} lacks the detail ${name}`);
  }
  return value;
}

/** Patroni of the pod that the step works on. */
export function endpointOf(step: Step, servers: Servers, ports: ActionPorts): PatroniEndpoint {
  const password = ports.secret(namesOf(ports.stack).credentials)?.[credentialKeys.rest] ?? '';
  return { host: detail(step, 'host'), port: servers.ports.rest, password, signal: ports.signal };
}

/** Deletes the pod, unless it has been replaced since the plan was made; its controller makes a new one. */
export async function deletePod(step: Step, ports: ActionPorts): Promise<void> {
  const { namespace } = ports.stack;
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name: detail(step, 'pod') };
  await ports.kube.remove(ref, { uid: detail(step, 'uid') });
}

/** No action of ours is for another mode. */
export function isBuiltin(stack: CompleteStack): boolean {
  return stack.postgres.mode === 'Builtin';
}
