import type { KubernetesObject, ObjectRef } from '../api/kubernetes.ts';
import { completeStack } from '../api/v1beta1/complete.ts';
import type { EcommerceStack } from '../api/v1beta1/ecommerce-stack.ts';
import { validateStack } from '../api/v1beta1/validate.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { labels } from '../objects/names.ts';
import type { EnginePorts } from './ports.ts';

/** Set only on stacks whose policy makes deletion more than garbage collection. */
export const dataFinalizer = 'ecommerce.stack/data';

/** Whether this stack needs the finalizer: `Delete` removes data that has no owner; `Retain` needs nobody. */
export function needsFinalizer(object: KubernetesObject): boolean {
  return specField(object, 'deletionPolicy') === 'Delete';
}

/** How long pods may take to end before the data goes anyway, milliseconds: a lost node never confirms. */
const endOfPodsMs = 5 * 60_000;

/**
 * Before data is deleted nothing may write it any more: takes the workloads of the stack away and returns how many pods
 * are still there. None are waited for when the data stays, nor for ever.
 */
export async function endWorkloads(ports: EnginePorts, object: KubernetesObject): Promise<number> {
  if (!isConfirmed(object)) {
    return 0;
  }
  const { name, namespace = '', uid, deletionTimestamp } = object.metadata;
  const children = ports.children.listByStack(namespace, name);
  const workloads = children.filter(
    (live) => workloadKinds.has(live.ref.kind) && live.ownerUid === uid && !live.deleting,
  );
  await Promise.all(workloads.map((live) => ports.kube.remove(live.ref, { uid: live.uid, propagation: 'Background' })));
  const isOverdue = ports.now().getTime() - Date.parse(deletionTimestamp ?? '') > endOfPodsMs;
  return isOverdue ? 0 : children.filter((live) => live.ref.kind === 'Pod').length;
}

const workloadKinds: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'Job']);

/**
 * The work of the finalizer: under `Delete`, and only when the spec repeats the stack's name as confirmation, claims,
 * credentials and what the servers themselves left go; in every other case the data is kept and an Event says so.
 * Idempotent.
 */
export async function deleteData(ports: EnginePorts, object: KubernetesObject): Promise<void> {
  const { name, namespace = '' } = object.metadata;
  const data = ports.children
    .listByStack(namespace, name)
    .filter((live) => live.labels[labels.retention] === 'data' && !live.deleting);
  if (isConfirmed(object)) {
    await Promise.all([
      ...data.map(({ ref, uid }) => ports.kube.remove(ref, { uid, propagation: 'Background' })),
      ...leftovers(ports, object).map((ref) => ports.kube.remove(ref, { propagation: 'Background' })),
    ]);
    return;
  }
  if (data.length > 0) {
    ports.events.emit(object, { type: 'Normal', reason: 'Retained', message: retainedMessage(object, data) });
  }
}

/** A manifest that broke a rule to its end has nothing that a component could name. */
function leftovers(ports: EnginePorts, object: KubernetesObject): readonly ObjectRef[] {
  if (validateStack(object).length > 0) {
    return [];
  }
  // Just validated against the schema that the type is made of.
  const stack = completeStack(object as EcommerceStack, ports.installation);
  return ports.components.flatMap((component) => component.leftovers?.(stack) ?? []);
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
