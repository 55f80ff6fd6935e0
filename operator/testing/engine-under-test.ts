import type { KubernetesObject } from '../api/kubernetes.ts';
import type { AnyComponent } from '../components/contract.ts';
import { Engine } from '../engine/engine.ts';
import { FakeCluster } from './fake-cluster.ts';

export const key = 'shop/shop';
export const signal = new AbortController().signal;

export function aStack(
  rest: { annotations?: Record<string, string>; spec?: Record<string, unknown> } = {},
): KubernetesObject {
  return {
    apiVersion: 'ecommerce.stack/v1beta1',
    kind: 'EcommerceStack',
    metadata: {
      name: 'shop',
      namespace: 'shop',
      uid: 'stack-uid',
      generation: 1,
      ...(rest.annotations === undefined ? {} : { annotations: rest.annotations }),
    },
    spec: { version: '1.0.0', profile: 'Development', host: 'shop.localhost', ...rest.spec },
  };
}

export function aCluster(...components: readonly AnyComponent[]): { cluster: FakeCluster; engine: Engine } {
  const cluster = new FakeCluster();
  cluster.put(aStack());
  return { cluster, engine: new Engine(cluster.ports({ components })) };
}

export function statusOf(cluster: FakeCluster): Record<string, never> {
  return (cluster.stack(key)?.['status'] ?? {}) as Record<string, never>;
}

export function conditionOf(cluster: FakeCluster, type: string): Record<string, string> | undefined {
  const conditions: Record<string, string>[] = statusOf(cluster)['conditions'] ?? [];
  return conditions.find((condition) => condition['type'] === type);
}

/** Replaces the manifest as a user would: the status stays, the generation grows. */
export function change(cluster: FakeCluster, rest: Parameters<typeof aStack>[0]): void {
  const before = cluster.stack(key);
  const stack = aStack(rest);
  const generation = (before?.metadata.generation ?? 0) + 1;
  cluster.put({ ...stack, status: before?.['status'], metadata: { ...stack.metadata, generation } });
}
