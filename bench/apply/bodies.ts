import { type KubernetesObject, refKey, refOf } from '../../operator/api/kubernetes.ts';
import { recordOf } from '../../operator/kube/json.ts';
import type { Applied } from '../rig/recording-client.ts';

/** The children among what the engine has applied: without the stack's own status. */
export function childrenOf(applied: readonly Applied[]): readonly Applied[] {
  return applied.filter(({ object }) => object.kind !== 'EcommerceStack');
}

/**
 * One object per child, as a user would have them in a file: what the engine applies as two field managers (template and
 * replica count) is one object there.
 */
export function toManifests(applied: readonly Applied[]): readonly KubernetesObject[] {
  const byKey = new Map<string, KubernetesObject>();
  for (const { object } of childrenOf(applied)) {
    const key = refKey(refOf(object));
    const before = byKey.get(key);
    byKey.set(key, before === undefined ? object : addScale(before, object));
  }
  return [...byKey.values()];
}

function addScale(before: KubernetesObject, scale: KubernetesObject): KubernetesObject {
  return { ...before, spec: { ...recordOf(before['spec']), ...recordOf(scale['spec']) } };
}

/** The same objects in another namespace. */
export function inNamespace(objects: readonly KubernetesObject[], namespace: string): readonly KubernetesObject[] {
  return objects.map((object) => {
    const moved = { ...object, metadata: { ...object.metadata, namespace } };
    const { subjects } = object;
    // A RoleBinding names its subjects with their namespace.
    return Array.isArray(subjects)
      ? { ...moved, subjects: subjects.map((subject: object) => ({ ...subject, namespace })) }
      : moved;
  });
}
