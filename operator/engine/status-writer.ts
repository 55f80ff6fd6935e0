import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import type { EcommerceStackStatus } from '../api/v1beta1/ecommerce-stack.ts';
import { canonicalJson } from '../objects/hash.ts';
import { fieldManager } from '../objects/names.ts';
import type { EnginePorts } from './ports.ts';

/** The status as last written: the cache has taken the answer, the object that a pass began with may be older. */
export function currentStatus(ports: EnginePorts, object: KubernetesObject): EcommerceStackStatus {
  const cached = ports.stacks.get(keyOf(object));
  const source = cached !== undefined && isNewer(cached, object) ? cached : object;
  // Written by nobody but us, and checked against the schema by the API server.
  return source['status'] ?? {};
}

/** Writes the status when it differs; one call, or none. */
export async function writeStatus(
  ports: EnginePorts,
  object: KubernetesObject,
  status: EcommerceStackStatus,
): Promise<boolean> {
  if (canonicalJson(status) === canonicalJson(currentStatus(ports, object))) {
    return false;
  }
  const { apiVersion, kind } = object;
  const { name, namespace = '' } = object.metadata;
  const body = { apiVersion, kind, metadata: { name, namespace }, status };
  ports.stacks.upsert(await ports.kube.apply(body, { manager: fieldManager, subresource: 'status' }));
  return true;
}

function keyOf({ metadata }: KubernetesObject): StackKey {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** resourceVersions of one object grow; comparing them is allowed since Kubernetes 1.35 (KEP-5504). */
function isNewer(one: KubernetesObject, other: KubernetesObject): boolean {
  return (
    one.metadata.uid === other.metadata.uid &&
    BigInt(one.metadata.resourceVersion ?? '0') > BigInt(other.metadata.resourceVersion ?? '0')
  );
}
