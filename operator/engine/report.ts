import type { KubernetesObject } from '../api/kubernetes.ts';
import type { EcommerceStackStatus } from '../api/v1beta1/ecommerce-stack.ts';
import type { Violation } from '../api/v1beta1/validate.ts';
import { labels } from '../objects/names.ts';
import { observeStack } from './announce.ts';
import { type ConditionDraft, maxMessageLength, timestamp, toConditions } from './conditions.ts';
import type { StackMemory } from './memory.ts';
import type { Pass } from './pass.ts';
import type { EnginePorts } from './ports.ts';
import { statusOf, writeStatus } from './status-writer.ts';

/** Told when a stack is seen for the first time: data that was there before it is its predecessor's. */
export function announceAdoption({ ports, stack, object, previous }: Pass): void {
  if (hasBeenSeen(previous)) {
    return;
  }
  const data = ports.children
    .listByStack(stack.namespace, stack.name)
    .filter((live) => live.labels[labels.retention] === 'data');
  if (data.length > 0) {
    const message = `Data of an earlier stack of this name is taken over: ${data.map(({ ref }) => `${ref.kind} ${ref.name}`).join(', ')}.`;
    ports.events.emit(object, { type: 'Normal', reason: 'Adopted', message });
  }
}

/** Until the operator writes a status, the object shows the one of the schema. */
function hasBeenSeen({ observedGeneration = -1 }: EcommerceStackStatus): boolean {
  return observedGeneration >= 0;
}

/** A manifest that breaks a rule: the status says which, everything else stays as it is. */
export async function reportViolations(
  ports: EnginePorts,
  memory: StackMemory,
  object: KubernetesObject,
  violations: readonly Violation[],
): Promise<void> {
  const previous = statusOf(object);
  const message = violations
    .map((violation) => violation.message)
    .join('; ')
    .slice(0, maxMessageLength);
  const kept = (previous.conditions ?? []).filter(({ type }) => !rewritten.has(type));
  const drafts: readonly ConditionDraft[] = [
    { type: 'Ready', status: 'False', reason: 'SpecInvalid', message },
    { type: 'Stalled', status: 'True', reason: 'SpecInvalid', message },
    { type: 'SpecValid', status: 'False', reason: 'SpecInvalid', message },
  ];
  const status = base(ports, previous, drafts, object.metadata.generation ?? 0);
  const conditions = [...(status.conditions ?? []), ...kept];
  await writeStatus(ports, object, { ...previous, ...status, conditions, phase: 'Stalled', message });
  observeStack(ports, `${object.metadata.namespace}/${object.metadata.name}`, { ...previous, conditions });
  if (memory.lastViolations !== message) {
    memory.lastViolations = message;
    ports.events.emit(object, { type: 'Warning', reason: 'SpecInvalid', message });
  }
}

const rewritten: ReadonlySet<string> = new Set(['Ready', 'Reconciling', 'Stalled', 'SpecValid']);

function base(
  ports: EnginePorts,
  previous: EcommerceStackStatus,
  drafts: readonly ConditionDraft[],
  generation: number,
): EcommerceStackStatus {
  const now = timestamp(ports);
  return {
    observedGeneration: generation,
    conditions: [...toConditions(drafts, previous.conditions ?? [], { generation, now })],
    operatorVersion: ports.operatorVersion,
  };
}
