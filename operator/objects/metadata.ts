import type { ObjectMeta, OwnerReference } from '../api/kubernetes.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import { fieldManager, labels } from './names.ts';

/** Labels that select the pods of one component: never change after creation. */
export function selectorLabels(stack: CompleteStack, component: string): Record<string, string> {
  return { [labels.instance]: stack.name, [labels.name]: component };
}

/** Labels of every object and pod template of a component. */
export function componentLabels(stack: CompleteStack, component: string): Record<string, string> {
  return {
    ...selectorLabels(stack, component),
    [labels.managedBy]: fieldManager,
    [labels.partOf]: 'ecommerce-stack',
    [labels.stack]: stack.name,
    [labels.component]: component,
  };
}

/** Metadata of an object that goes with the stack: garbage-collected through its owner reference. */
export function ownedMetadata(stack: CompleteStack, component: string, name: string): ObjectMeta {
  return {
    name,
    namespace: stack.namespace,
    labels: componentLabels(stack, component),
    ownerReferences: [ownerReference(stack)],
  };
}

/** Metadata of data (credentials, claims): no owner, so that it outlives the stack unless the policy says otherwise. */
export function dataMetadata(stack: CompleteStack, component: string, name: string): ObjectMeta {
  return {
    name,
    namespace: stack.namespace,
    labels: { ...componentLabels(stack, component), [labels.retention]: 'data' },
  };
}

function ownerReference(stack: CompleteStack): OwnerReference {
  return {
    apiVersion: 'ecommerce.stack/v1beta1',
    kind: 'EcommerceStack',
    name: stack.name,
    uid: stack.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
