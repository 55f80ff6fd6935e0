import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { StackKey } from '../../operator/api/kubernetes.ts';
import type { EcommerceStack, EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { type Readable, readObject } from './read-objects.ts';

/** Anything that can ask a cluster: a control plane of tests or the whole lab. */
export type Kubectl = Pick<LocalControlPlane, 'kubectl' | 'kubeconfigPath'>;

/** The manifest of a stack of the Development profile. */
export function aManifest(namespace: string, name: string, spec: Partial<EcommerceStackSpec> = {}) {
  return {
    apiVersion: 'ecommerce.stack/v1beta1',
    kind: 'EcommerceStack',
    metadata: { name, namespace },
    spec: { version: '1.0.0', profile: 'Development', host: 'shop.localhost', ...spec },
  };
}

/** Applies objects as a user would. */
export async function apply(cluster: Kubectl, ...objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(list) });
}

export async function createNamespace(cluster: Kubectl, name: string): Promise<void> {
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

export async function getStack(cluster: Readable, namespace: string, name: string): Promise<EcommerceStack> {
  // `as`: the custom resource of that kind.
  return (await readObject(cluster, 'ecommercestacks', { namespace, name })) as EcommerceStack;
}

/** Waits until the stack's status says what `accept` wants; the last status is in the error. */
export async function waitForStack(
  cluster: Readable,
  key: StackKey,
  accept: (stack: EcommerceStack) => boolean,
  timeoutMs = 60_000,
): Promise<EcommerceStack> {
  const [namespace = '', name = ''] = key.split('/');
  let last: EcommerceStack | undefined;
  const look = async () => {
    last = await getStack(cluster, namespace, name);
    return accept(last) ? last : undefined;
  };
  return waitFor(`stack ${key} is as wanted`, look, {
    timeoutMs,
    intervalMs: 200,
    explain: () => `${summarize(last?.status)}\n${JSON.stringify(last?.status, null, 2)}`,
  });
}

/** One line of what matters when it did not become as it should. */
function summarize(status: EcommerceStack['status']): string {
  const unready = (status?.components ?? []).filter(({ state }) => state !== 'Ready');
  const parts = unready.map(({ name, state, reason = '', message = '' }) => `${name} ${state} ${reason} (${message})`);
  const steps = (status?.operations ?? []).map(
    ({ component, step = '', blockedBy }) =>
      `${component}: ${step}${blockedBy === undefined ? '' : ` waits for ${String(blockedBy)}`}`,
  );
  return [`${status?.phase ?? 'no status'}, generation ${status?.observedGeneration}`, ...parts, ...steps].join('; ');
}

export function conditionOf(stack: EcommerceStack, type: string) {
  return stack.status?.conditions?.find((condition) => condition.type === type);
}
