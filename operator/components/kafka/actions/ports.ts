import type { JsonObject } from '../../../api/kubernetes.ts';
import type { ActionPorts, Plan, Step } from '../../contract.ts';
import { type Access, type BrokerTarget, converse } from '../client.ts';
import { accessOf, externalConnection } from '../connection.ts';
import { adminAccess } from '../gather.ts';
import type { KafkajsBroker } from '../kafkajs.ts';
import { kafkaNames } from '../names.ts';
import type { BuiltinObserved, ClusterFacts, Observed } from '../observed.ts';

export const nothing: Plan = { kind: 'none' };

/** What a plan about the cluster needs; `undefined` while our own cluster does not answer. */
export interface UpCluster {
  readonly observed: BuiltinObserved;
  readonly facts: ClusterFacts;
  readonly target: BrokerTarget;
}

/** Our own cluster, when it answers. */
export function upCluster(observed: Observed): UpCluster | undefined {
  return observed.mode === 'Builtin' && observed.answer.state === 'up'
    ? { observed, facts: observed.answer.facts, target: observed.answer.target }
    : undefined;
}

/** A step that takes nothing away. The broker that answered is the one that is talked to again. */
export function harmless(name: string, message: string, target: BrokerTarget, details: JsonObject): Plan {
  return { kind: 'step', step: { name, message, disruptive: false, details: { ...details, broker: { ...target } } } };
}

/** Talks to the broker that the step names, as the operator, or as the user's Secret says. */
export function talk<T>(step: Step, ports: ActionPorts, work: (broker: KafkajsBroker) => Promise<T>): Promise<T> {
  // Written by `harmless` above and handed back unchanged by the engine.
  const target = step.details['broker'] as unknown as BrokerTarget;
  return converse(target, accessFor(ports), work, { signal: ports.signal, timeoutMs: 15_000 });
}

function accessFor({ stack, secret }: ActionPorts): Access {
  if (stack.kafka.mode !== 'External') {
    return adminAccess(secret(kafkaNames(stack).credentials) ?? {});
  }
  const connection = externalConnection(secret(stack.kafka.connectionSecretName ?? '') ?? {});
  return typeof connection === 'string' ? { login: undefined, ca: undefined } : accessOf(connection);
}

/** What the planner wrote into the details: plain JSON, handed back unchanged by the engine. */
export function detail<T>(step: Step, name: string): T {
  return step.details[name] as unknown as T;
}
