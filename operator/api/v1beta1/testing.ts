import type { EcommerceStack, EcommerceStackSpec } from './ecommerce-stack.ts';

/** A stack as the API server stores it, for tests; what is not said is the smallest that works. */
export function aStack(spec: Partial<EcommerceStackSpec> = {}, more: Partial<EcommerceStack> = {}): EcommerceStack {
  return {
    apiVersion: 'ecommerce.stack/v1beta1',
    kind: 'EcommerceStack',
    metadata: { name: 'shop', namespace: 'default', uid: '0-0-0', generation: 1 },
    spec: { version: '1.0.0', profile: 'Development', host: 'shop.localhost', ...spec },
    ...more,
  };
}

/** Defaults of an installation that says nothing but where its own images are. */
export const anInstallation = { registry: 'registry.example.com/shop', images: {}, versions: {} } as const;
