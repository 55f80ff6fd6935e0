import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import type { SecretValues } from '../../contract.ts';
import { builtinConnection, type Connection, externalConnection } from '../connection.ts';
import { adminUser, credentialKeys, redisComponent, redisNames, servicesUser } from '../names.ts';
import { hashPassword } from '../password.ts';

/**
 * What the services' user may do: all data commands on all keys, and what a cluster client reads. Not: stop or reshape
 * the cluster, empty it, list all keys at once, or change functions (one of them is the identity of the data).
 */
export const servicesRules = [
  '~*',
  '&*',
  '+@all',
  '-@admin',
  '-@dangerous',
  '-function',
  '+info',
  '+cluster|info',
  '+cluster|keyslot',
  '+cluster|myid',
  '+cluster|nodes',
  '+cluster|shards',
  '+cluster|slots',
] as const;

/** Rules of the operator's user. */
export const adminRules = ['~*', '&*', '+@all'] as const;

/** Users of the servers, mounted into the pods. The user `default` is off: nobody gets in without a name and password. */
export function buildUsersSecret(stack: CompleteStack, credentials: SecretValues): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(stack, redisComponent, redisNames(stack).users),
    type: 'Opaque',
    data: encode(userFiles(credentials)),
  };
}

/** The files by name. */
export function userFiles(credentials: SecretValues): Record<string, string> {
  const admin = credentials[credentialKeys.admin] ?? '';
  const services = credentials[credentialKeys.services] ?? '';
  return {
    'users.acl': [
      'user default off resetpass resetchannels -@all',
      `user ${adminUser} on #${hashPassword(admin)} ${adminRules.join(' ')}`,
      `user ${servicesUser} on #${hashPassword(services)} ${servicesRules.join(' ')}`,
      '',
    ].join('\n'),
    'auth.conf': `masteruser ${adminUser}\nmasterauth ${admin}\n`,
    'admin-password': admin,
  };
}

/** How the services reach our own cluster. */
export function buildConnectionSecret(stack: CompleteStack, credentials: SecretValues): KubernetesObject {
  return connectionSecret(stack, builtinConnection(stack, credentials));
}

/** The same keys for somebody else's cluster; none while the user's Secret cannot be read that way. */
export function buildExternalConnectionSecret(stack: CompleteStack, secret: SecretValues): readonly KubernetesObject[] {
  const connection = externalConnection(secret);
  return typeof connection === 'string' ? [] : [connectionSecret(stack, connection)];
}

function connectionSecret(stack: CompleteStack, connection: Connection): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(stack, redisComponent, redisNames(stack).connection),
    type: 'Opaque',
    data: encode(connection),
  };
}

/** Secrets are applied as `data`: `stringData` never comes back, and would look like a change for ever. */
function encode(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}
