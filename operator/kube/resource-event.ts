import { type ResourceEvent, ResourceEventType, ResourceMetaImpl } from '@dot-i/k8s-operator';
import type { KubernetesObject } from '../api/kubernetes.ts';

/**
 * A cached object in the form that the shell's finalizer protocol takes. A copy: the protocol edits the list of
 * finalizers in place.
 */
export function toResourceEvent(plural: string, object: KubernetesObject): ResourceEvent {
  // The library's type is a model of client-node; plain JSON has the fields that it reads.
  const copy = structuredClone(object) as unknown as ResourceEvent['object'];
  return {
    type: ResourceEventType.Modified,
    meta: ResourceMetaImpl.createWithPlural(plural, copy),
    object: copy,
  };
}
