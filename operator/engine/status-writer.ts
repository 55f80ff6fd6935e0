import type { KubernetesObject, ObjectMeta } from '../api/kubernetes.ts';
import type { EcommerceStackStatus } from '../api/v1beta1/ecommerce-stack.ts';
import { stackKeyOf } from '../kube/full-object-store.ts';
import { isOlder } from '../kube/versions.ts';
import { canonicalJson } from '../objects/hash.ts';
import { fieldManager } from '../objects/names.ts';
import type { EnginePorts } from './ports.ts';

/** The status that the object shows: written by nobody but us, and checked against the schema by the API server. */
export function statusOf(object: KubernetesObject): EcommerceStackStatus {
  return object['status'] ?? {};
}

/** Writes the status when it differs; one call, or none. */
export async function writeStatus(
  ports: EnginePorts,
  object: KubernetesObject,
  status: EcommerceStackStatus,
): Promise<boolean> {
  // The cache has taken the answer to the last write; the object that a pass began with may be older.
  const cached = ports.stacks.get(stackKeyOf(object));
  const newest = cached !== undefined && isNewer(cached.metadata, object.metadata) ? cached : object;
  if (canonicalJson(status) === canonicalJson(statusOf(newest))) {
    return false;
  }
  const { apiVersion, kind } = object;
  const { name, namespace = '' } = object.metadata;
  const body = { apiVersion, kind, metadata: { name, namespace }, status };
  ports.stacks.upsert(await ports.kube.apply(body, { manager: fieldManager, subresource: 'status' }));
  return true;
}

function isNewer(one: ObjectMeta, other: ObjectMeta): boolean {
  return one.uid === other.uid && isOlder(other.resourceVersion ?? '', one.resourceVersion ?? '');
}
