import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { redisComponent, redisNames } from '../names.ts';

/** One pod at a time may be evicted. Without replicas it would protect nothing and block every drain of a node. */
export function buildDisruptionBudget(stack: CompleteStack): readonly KubernetesObject[] {
  if (stack.redis.replicasPerShard === 0) {
    return [];
  }
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: ownedMetadata(stack, redisComponent, redisNames(stack).budget),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(stack, redisComponent) } },
    },
  ];
}
