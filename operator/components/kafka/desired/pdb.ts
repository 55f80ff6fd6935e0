import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { kafkaComponent, kafkaNames } from '../names.ts';

/** One broker at a time may be evicted. A single one would be protected from nothing and block every drain of a node. */
export function buildDisruptionBudget(stack: CompleteStack, brokers: number): readonly KubernetesObject[] {
  if (brokers < 2) {
    return [];
  }
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: ownedMetadata(stack, kafkaComponent, kafkaNames(stack).budget),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(stack, kafkaComponent) } },
    },
  ];
}
