import { completeStack } from '../api/v1beta1/complete.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { EcommerceStackSpec } from '../api/v1beta1/ecommerce-stack.ts';

/** A stack as the API server would store it, completed: what builders get. */
export function aCompleteStack(
  spec: Partial<EcommerceStackSpec> = {},
  annotations: Readonly<Record<string, string>> = {},
): CompleteStack {
  return completeStack(
    {
      apiVersion: 'ecommerce.stack/v1beta1',
      kind: 'EcommerceStack',
      metadata: { name: 'shop', namespace: 'shop', uid: 'stack-uid', generation: 1, annotations },
      spec: { version: '1.0.0', profile: 'Development', host: 'shop.localhost', ...spec },
    },
    { registry: 'registry.example', images: {}, versions: {} },
  );
}
