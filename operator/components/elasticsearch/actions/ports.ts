import type { JsonObject } from '../../../api/kubernetes.ts';
import type { ActionPorts, Plan, Step } from '../../contract.ts';
import { ask, type Call, type ServerTarget } from '../client.ts';
import { adminAccess } from '../connection.ts';
import { elasticsearchNames } from '../names.ts';
import type { BuiltinObserved, ClusterFacts, Observed } from '../observed.ts';

export const nothing: Plan = { kind: 'none' };

/** What a plan about the cluster needs; `undefined` while our own cluster does not answer. */
export interface UpCluster {
  readonly observed: BuiltinObserved;
  readonly facts: ClusterFacts;
  readonly target: ServerTarget;
}

/** Our own cluster, when it answers. */
export function upCluster(observed: Observed): UpCluster | undefined {
  return observed.mode === 'Builtin' && observed.answer.state === 'up'
    ? { observed, facts: observed.answer.facts, target: observed.answer.target }
    : undefined;
}

/** A step that takes nothing away. The node that answered is the one that is talked to again. */
export function harmless(name: string, message: string, { url }: ServerTarget, details: JsonObject = {}): Plan {
  return { kind: 'step', step: { name, message, disruptive: false, details: { ...details, url } } };
}

/** Sends a request to the node that the step names, as the operator. */
export function talk(step: Step, ports: ActionPorts, call: Call): Promise<unknown> {
  const access = adminAccess(ports.secret(elasticsearchNames(ports.stack).credentials) ?? {});
  return ask({ url: detail(step, 'url') }, access, call, { signal: ports.signal, timeoutMs: 30_000 });
}

/** Sets persistent settings of the cluster; `null` takes one away. */
export async function setSettings(
  step: Step,
  ports: ActionPorts,
  settings: Readonly<Record<string, string | null>>,
): Promise<void> {
  await talk(step, ports, { method: 'PUT', path: '/_cluster/settings', body: { persistent: { ...settings } } });
}

/** What the planner wrote into the details: plain JSON, handed back unchanged by the engine. */
export function detail<T>(step: Step, name: string): T {
  return step.details[name] as unknown as T;
}
