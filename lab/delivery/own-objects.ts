import type { Cluster } from '../provider.ts';
import type { StackName } from './stack-wait.ts';

/**
 * What `up` made carries this label, from the request that made it: nothing else may go from a cluster that is somebody
 * else's. It is never put on what was there before.
 */
export const ownLabels = { 'app.kubernetes.io/managed-by': 'ecommerce-lab' } as const;

/** {@link ownLabels} as a selector of kubectl. */
export const ownSelector = 'app.kubernetes.io/managed-by=ecommerce-lab';

/** The resource's whole name: a cluster may know another with the same short one. */
export const stackResource = 'ecommercestacks.ecommerce.stack';

/** A manifest of one stack. */
export interface Manifest {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** All of it, as it was read. */
  readonly object: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}

/** True when {@link ownLabels} are among the labels. */
export function isOwn(labels: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(ownLabels).every(([name, value]) => labels[name] === value);
}

/** Makes a namespace that is not there, for pods of the strictest security standard; one that is there stays as it is. */
export async function ensureNamespace(cluster: Cluster, name: string): Promise<void> {
  if ((await cluster.kubectl(['get', 'namespace', name, '--ignore-not-found', '-o', 'name'])) !== '') {
    return;
  }
  const labels = { ...ownLabels, 'pod-security.kubernetes.io/enforce': 'restricted' };
  await create(cluster, [], { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
}

/**
 * Makes the stack or brings ours up to date; false when there is one in somebody else's cluster that we did not make,
 * which then stays as it is. Making it is a request of its own, which fails where somebody was faster, so the label is
 * there from the first moment or never; as the manifest does not name it, applying that leaves it.
 */
export async function applyStack(cluster: Cluster, stack: StackName, manifest: Manifest): Promise<boolean> {
  const target = [stackResource, stack.name, '-n', stack.namespace];
  const found = await cluster.kubectl(['get', ...target, '--ignore-not-found', '-o', 'jsonpath={.metadata}']);
  if (found === '') {
    const { metadata } = manifest.object;
    const labels = { ...ownLabels, ...metadata?.labels };
    await create(cluster, ['-n', stack.namespace], { ...manifest.object, metadata: { ...metadata, labels } });
  } else if (cluster.kind === 'current' && !isOwn(labelsOf(found))) {
    return false;
  }
  await cluster.kubectl(['apply', '-n', stack.namespace, '-f', manifest.path]);
  return true;
}

function labelsOf(metadata: string): Readonly<Record<string, string>> {
  // `as`: metadata as the API server stores it.
  return (JSON.parse(metadata) as { readonly labels?: Readonly<Record<string, string>> }).labels ?? {};
}

async function create(cluster: Cluster, flags: readonly string[], object: object): Promise<void> {
  await cluster.kubectl(['create', ...flags, '-f', '-'], { input: JSON.stringify(object) });
}
