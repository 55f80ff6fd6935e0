import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { elasticsearchComponent, elasticsearchNames } from '../names.ts';

/** One node at a time may be evicted. A single one would be protected from nothing and block every drain of a machine. */
export function buildDisruptionBudget(stack: CompleteStack, nodes: number): readonly KubernetesObject[] {
  if (nodes < 2) {
    return [];
  }
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: ownedMetadata(stack, elasticsearchComponent, elasticsearchNames(stack).budget),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(stack, elasticsearchComponent) } },
    },
  ];
}
