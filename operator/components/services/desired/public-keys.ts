import { createPublicKey } from 'node:crypto';
import { describeSigningKey, type PublicSigningKey } from '#contracts/signing-keys.ts';
import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import type { SecretValues } from '../../contract.ts';
import type { ServiceDefinition } from '../catalog.ts';
import { identityKeys, publicKeysSecretName } from '../names.ts';

/**
 * The public halves of the signing keys, for a gateway that starts while the user service cannot be asked. A Secret, though nothing in it is
 * secret: whoever writes into it says whose tokens hold.
 */
export function buildPublicKeys(
  definition: ServiceDefinition,
  stack: CompleteStack,
  identity: SecretValues,
): readonly KubernetesObject[] {
  if (!definition.isGateway) {
    return [];
  }
  const keys = readPublicKeys(identity[identityKeys.signingKey] ?? '');
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: ownedMetadata(stack, definition.name, publicKeysSecretName(stack.name)),
      type: 'Opaque',
      data: { [identityKeys.publicKeys]: Buffer.from(JSON.stringify({ keys })).toString('base64') },
    },
  ];
}

/** What cannot be read is left out: the user service refuses it and says why. */
function readPublicKeys(pem: string): readonly PublicSigningKey[] {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      const { kty, n = '', e = '' } = createPublicKey(block).export({ format: 'jwk' });
      return kty === 'RSA' ? [describeSigningKey({ n, e })] : [];
    } catch {
      return [];
    }
  });
}
