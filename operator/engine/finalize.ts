import type { KubernetesObject } from '../api/kubernetes.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { labels } from '../objects/names.ts';
import type { EnginePorts } from './ports.ts';

/** Set only on stacks whose policy makes deletion more than garbage collection. */
export const dataFinalizer = 'ecommerce.stack/data';

/** Whether this stack needs the finalizer: `Delete` removes data that has no owner; `Retain` needs nobody. */
export function needsFinalizer(object: KubernetesObject): boolean {
  return specField(object, 'deletionPolicy') === 'Delete';
}

/**
 * The work of the finalizer: under `Delete`, and only when the spec repeats the stack's name as confirmation, claims
 * and credentials go; in every other case the data is kept and an Event says so. Idempotent.
 */
export async function deleteData(ports: EnginePorts, object: KubernetesObject): Promise<void> {
  const { name, namespace = '' } = object.metadata;
  const data = ports.children
    .listByStack(namespace, name)
    .filter((live) => live.labels[labels.retention] === 'data' && !live.deleting);
  if (isConfirmed(object)) {
    await Promise.all(data.map(({ ref, uid }) => ports.kube.remove(ref, { uid, propagation: 'Background' })));
    return;
  }
  if (data.length > 0) {
    ports.events.emit(object, { type: 'Normal', reason: 'Retained', message: retainedMessage(object, data) });
  }
}

function isConfirmed(object: KubernetesObject): boolean {
  return needsFinalizer(object) && specField(object, 'deletionConfirmation') === object.metadata.name;
}

function retainedMessage(object: KubernetesObject, data: readonly LiveObject[]): string {
  const names = data.map(({ ref }) => `${ref.kind} ${ref.name}`).join(', ');
  return `Kept for a stack of the same name: ${names}. Data goes with a stack only when spec.deletionPolicy is Delete and spec.deletionConfirmation is ${object.metadata.name}.`;
}

function specField(object: KubernetesObject, field: string): unknown {
  const { spec } = object;
  return typeof spec === 'object' && spec !== null
    ? Object.entries(spec).find(([key]) => key === field)?.[1]
    : undefined;
}
