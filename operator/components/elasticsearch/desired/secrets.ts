import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import { selfSignedCertificate } from '../../../objects/self-signed.ts';
import type { SecretValues } from '../../contract.ts';
import { builtinConnection, type Connection, externalConnection } from '../connection.ts';
import { credentialKeys, elasticsearchComponent, elasticsearchNames } from '../names.ts';

/** Password and key of the nodes, mounted into the pods. */
export function buildUsersSecret(stack: CompleteStack, credentials: SecretValues): KubernetesObject {
  return secret(stack, elasticsearchNames(stack).users, userFiles(stack, credentials));
}

/** The files by name. All nodes hold one key and trust nothing else. */
export function userFiles(stack: CompleteStack, credentials: SecretValues): Record<string, string> {
  const key = credentials[credentialKeys.transportKey] ?? '';
  return {
    password: credentials[credentialKeys.password] ?? '',
    'transport.key': key,
    'transport.crt': selfSignedCertificate(key, elasticsearchNames(stack).statefulSet),
  };
}

/** How the services reach our own nodes. */
export function buildConnectionSecret(
  stack: CompleteStack,
  nodes: number,
  credentials: SecretValues,
): KubernetesObject {
  return connectionSecret(stack, builtinConnection(stack, nodes, credentials));
}

/** The same keys for somebody else's servers; none while the user's Secret cannot be read that way. */
export function buildExternalConnectionSecret(stack: CompleteStack, values: SecretValues): readonly KubernetesObject[] {
  const connection = externalConnection(values);
  return typeof connection === 'string' ? [] : [connectionSecret(stack, connection)];
}

function connectionSecret(stack: CompleteStack, connection: Connection): KubernetesObject {
  return secret(stack, elasticsearchNames(stack).connection, connection);
}

/** Secrets are applied as `data`: `stringData` never comes back, and would look like a change for ever. */
function secret(stack: CompleteStack, name: string, values: Readonly<Record<string, string>>): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(stack, elasticsearchComponent, name),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}
