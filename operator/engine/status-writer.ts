import type { KubernetesObject } from '../api/kubernetes.ts';
import type { EcommerceStackStatus } from '../api/v1beta1/ecommerce-stack.ts';
import { canonicalJson } from '../objects/hash.ts';
import { fieldManager } from '../objects/names.ts';
import type { StackMemory } from './memory.ts';
import type { EnginePorts } from './ports.ts';

/** The status as last written: the cache may still show an older one right after a write. */
export function currentStatus(object: KubernetesObject, memory: StackMemory): EcommerceStackStatus {
  const { lastWritten } = memory;
  const source = lastWritten !== undefined && isNewer(lastWritten, object) ? lastWritten : object;
  // Written by nobody but us, and checked against the schema by the API server.
  return source['status'] ?? {};
}

/** Writes the status when it differs; one call, or none. */
export async function writeStatus(
  ports: EnginePorts,
  memory: StackMemory,
  object: KubernetesObject,
  status: EcommerceStackStatus,
): Promise<boolean> {
  if (canonicalJson(status) === canonicalJson(currentStatus(object, memory))) {
    return false;
  }
  const { apiVersion, kind } = object;
  const { name, namespace = '' } = object.metadata;
  const body = { apiVersion, kind, metadata: { name, namespace }, status };
  const written = await ports.kube.apply(body, { manager: fieldManager, subresource: 'status' });
  memory.lastWritten = written;
  ports.stacks.upsert(written);
  return true;
}

/** resourceVersions of one object grow; comparing them is allowed since Kubernetes 1.35 (KEP-5504). */
function isNewer(one: KubernetesObject, other: KubernetesObject): boolean {
  return (
    one.metadata.uid === other.metadata.uid &&
    BigInt(one.metadata.resourceVersion ?? '0') > BigInt(other.metadata.resourceVersion ?? '0')
  );
}
