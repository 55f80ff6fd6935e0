import { type KubernetesObject, type ObjectRef, refOf } from '../api/kubernetes.ts';
import { ConflictError } from '../kube/errors.ts';
import { annotations, fieldManager, labels } from '../objects/names.ts';
import { PartError } from './part-error.ts';
import type { EnginePorts } from './ports.ts';

/**
 * The caches see only what bears our labels, so a name that looks free may be taken: an object is created only while
 * nobody has its name. Somebody else's object is neither changed nor given to the stack, with which it would be deleted.
 * Rejects with the refusal while one of that name is being deleted: its end is not told to us, so the pass is repeated.
 */
export async function createOwn(ports: EnginePorts, object: KubernetesObject): Promise<KubernetesObject> {
  try {
    return await ports.kube.apply(object, { manager: fieldManager, onlyCreate: true });
  } catch (error) {
    if (!(error instanceof ConflictError)) {
      throw error;
    }
    const ref = refOf(object);
    const present = await ports.kube.get(ref);
    if (present === undefined || present.metadata.deletionTimestamp !== undefined) {
      throw error;
    }
    if (!isOurs(present, object)) {
      throw new PartError('Conflict', conflictMessage(ref, object));
    }
    return ports.kube.apply(object, { manager: fieldManager });
  }
}

/** Ours, but somebody took its labels off. */
function isOurs(present: KubernetesObject, object: KubernetesObject): boolean {
  const { metadata } = present;
  const isLabelled =
    metadata.labels?.[labels.managedBy] === fieldManager &&
    metadata.labels[labels.stack] === object.metadata.labels?.[labels.stack];
  const owner = object.metadata.ownerReferences?.[0]?.uid;
  const isOwned = owner !== undefined && metadata.ownerReferences?.some(({ uid }) => uid === owner) === true;
  return isLabelled || (isOwned && metadata.annotations?.[annotations.appliedHash] !== undefined);
}

function conflictMessage({ kind, namespace, name }: ObjectRef, object: KubernetesObject): string {
  const stack = object.metadata.labels?.[labels.stack] ?? '';
  const resource = `${kind.toLowerCase()} ${name} -n ${namespace ?? ''}`;
  return (
    `${kind} ${name} exists and is not this stack's; nothing of it was changed. Delete or rename it, ` +
    `or hand it over: kubectl label ${resource} ${labels.managedBy}=${fieldManager} ${labels.stack}=${stack}`
  );
}
