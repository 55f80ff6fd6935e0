import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import { componentName } from '../names.ts';

/** Metadata of an object of this component that goes with the stack. */
export function owned(stack: CompleteStack, name: string): KubernetesObject['metadata'] {
  return ownedMetadata(stack, componentName, name);
}
