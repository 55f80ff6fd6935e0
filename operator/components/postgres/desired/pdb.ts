import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { selectorLabels } from '../../../objects/metadata.ts';
import { componentName, namesOf, wantedInstances } from '../names.ts';
import { owned } from './metadata.ts';

/** At most one pod away by eviction; none for a single instance, which would block every drain of its node. */
export function buildDisruptionBudget(stack: CompleteStack): readonly KubernetesObject[] {
  if (wantedInstances(stack) < 2) {
    return [];
  }
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: owned(stack, namesOf(stack).budget),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(stack, componentName) } },
    },
  ];
}
