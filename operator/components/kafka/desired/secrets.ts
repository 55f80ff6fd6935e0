import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import type { SecretValues } from '../../contract.ts';
import { builtinConnection, type Connection, externalConnection } from '../connection.ts';
import {
  brokerUser,
  clientServices,
  credentialKeys,
  kafkaComponent,
  kafkaNames,
  serviceConnectionName,
} from '../names.ts';

/** Logins of the brokers, mounted into the pods. */
export function buildUsersSecret(stack: CompleteStack, credentials: SecretValues): KubernetesObject {
  return secret(stack, kafkaNames(stack).users, userFiles(credentials));
}

/** The files by name. */
export function userFiles(credentials: SecretValues): Record<string, string> {
  const broker = credentials[credentialKeys.broker] ?? '';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const login = `required username="${brokerUser}" password="${broker}"`;
  return {
    'users.properties': [
      `listener.name.client.scram-sha-512.sasl.jaas.config=${scram} ${login};`,
      `listener.name.controller.plain.sasl.jaas.config=${plain} ${login} user_${brokerUser}="${broker}";`,
      '',
    ].join('\n'),
    'broker-password': broker,
    'admin-password': credentials[credentialKeys.admin] ?? '',
  };
}

/** How each service reaches our own brokers, as itself. */
export function buildConnectionSecrets(
  stack: CompleteStack,
  brokers: number,
  credentials: SecretValues,
): readonly KubernetesObject[] {
  return clientServices.map((service) =>
    secret(stack, serviceConnectionName(stack, service), builtinConnection(stack, brokers, service, credentials)),
  );
}

/** The same keys for somebody else's Kafka; none while the user's Secret cannot be read that way. */
export function buildExternalConnectionSecrets(
  stack: CompleteStack,
  values: SecretValues,
): readonly KubernetesObject[] {
  const connection: Connection | string = externalConnection(values);
  return typeof connection === 'string'
    ? []
    : clientServices.map((service) => secret(stack, serviceConnectionName(stack, service), connection));
}

/** Secrets are applied as `data`: `stringData` never comes back, and would look like a change for ever. */
function secret(stack: CompleteStack, name: string, values: Readonly<Record<string, string>>): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(stack, kafkaComponent, name),
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}
