import { childName } from '../../objects/names.ts';

/** `shop-product`: the Deployment, Service, ServiceAccount, autoscaler and budget of a service share one name. */
export function serviceObjectName(stack: string, service: string): string {
  return childName(stack, service);
}

/** Credential Secret with the key that signs identity tokens and the key that services trust each other by. */
export function identitySecretName(stack: string): string {
  return childName(stack, 'identity', 'credentials');
}

/** Keys of that Secret. */
export const identityKeys = { signingKey: 'signing.pem', internalKey: 'internal-key' } as const;

/** The name carries a hash of the Job's template, which Kubernetes never lets change. */
export function migrationJobName(stack: string, service: string, templateHash: string): string {
  return childName(stack, service, `migrate-${templateHash.slice(0, 8)}`);
}
