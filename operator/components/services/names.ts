import type { ObjectRef } from '../../api/kubernetes.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { childName } from '../../objects/names.ts';
import type { ServiceDefinition } from './catalog.ts';

/** `shop-product`: the Deployment, Service, ServiceAccount, autoscaler and budget of a service share one name. */
export function serviceObjectName(stack: string, service: string): string {
  return childName(stack, service);
}

/** The autoscaler of a service, wanted or not. */
export function autoscalerRef({ name }: ServiceDefinition, stack: CompleteStack): ObjectRef {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    namespace: stack.namespace,
    name: serviceObjectName(stack.name, name),
  };
}

/** Credential Secret with the key that signs identity tokens and the key that services trust each other by. */
export function identitySecretName(stack: string): string {
  return childName(stack, 'identity', 'credentials');
}

/** Secret with what access tokens are verified with, for the gateway. */
export function publicKeysSecretName(stack: string): string {
  return childName(stack, 'identity', 'public');
}

/** Keys of these Secrets: the first two of the one, the last of the other. */
export const identityKeys = {
  signingKey: 'signing.pem',
  internalKey: 'internal-key',
  publicKeys: 'jwks.json',
} as const;

/**
 * Credential Secret with the keys that personal data is sealed with. It is one of its own, so that who may read the keys of identity does
 * not get these as well.
 */
export function personalDataSecretName(stack: string): string {
  return childName(stack, 'personal-data', 'credentials');
}

/** Key of that Secret. */
export const personalDataKeys = 'keys';

/** The name carries a hash of the Job's template, which Kubernetes never lets change. */
export function migrationJobName(stack: string, service: string, templateHash: string): string {
  return childName(stack, service, `migrate-${templateHash.slice(0, 8)}`);
}
