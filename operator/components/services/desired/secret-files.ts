import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { connectionSecretName } from '../../../objects/names.ts';
import type { ServiceDefinition } from '../catalog.ts';
import {
  identityKeys,
  identitySecretName,
  personalDataKeys,
  personalDataSecretName,
  publicKeysSecretName,
} from '../names.ts';

/** A setting that a pod is given as a file, named as its variable, from the key of a Secret. */
export interface SecretFile {
  readonly variable: string;
  readonly secret: string;
  readonly key: string;
}

/** Where the files are in a container (`APP_SECRETS_DIR`). */
export const secretsFolder = '/run/secrets/shop';

/**
 * All that a service is told by Secrets. Files and not variables: a process reads a changed file while it runs, and its environment shows
 * nothing (docs/adr/0025). What the user's `env` sets is left out, also where it sets nothing.
 */
export function listSecretFiles(definition: ServiceDefinition, stack: CompleteStack): readonly SecretFile[] {
  const identity = identitySecretName(stack.name);
  return withoutUsers(definition, stack, [
    ...(definition.ownsDatabase ? databaseFiles(definition, stack) : []),
    ...(definition.usesRedis ? filesOf(connectionSecretName(stack.name, 'redis'), redisKeys) : []),
    ...(definition.usesKafka ? filesOf(connectionSecretName(stack.name, 'kafka', definition.name), kafkaKeys) : []),
    ...(definition.usesSearch ? filesOf(connectionSecretName(stack.name, 'elasticsearch'), searchKeys) : []),
    ...(definition.keepsPersonalData
      ? filesOf(personalDataSecretName(stack.name), { APP_PERSONAL_DATA_KEYS: personalDataKeys })
      : []),
    ...(definition.isGateway
      ? filesOf(publicKeysSecretName(stack.name), { APP_IDENTITY_JWKS: identityKeys.publicKeys })
      : []),
    ...(definition.signsTokens ? filesOf(identity, { APP_IDENTITY_SIGNING_KEYS: identityKeys.signingKey }) : []),
    ...filesOf(identity, { APP_INTERNAL_KEY: identityKeys.internalKey }),
  ]);
}

/** What the migration of a service is told by Secrets: where the database is. */
export function listMigrationFiles(definition: ServiceDefinition, stack: CompleteStack): readonly SecretFile[] {
  return withoutUsers(definition, stack, databaseFiles(definition, stack));
}

/**
 * A volume with these files. It belongs to the group of the pod (`fsGroup`), which alone reads it. A kubelet brings all changes of the
 * Secrets at once, some time within a minute and a half.
 */
export function buildSecretsVolume(files: readonly SecretFile[]): Record<string, unknown> {
  const secrets = [...new Set(files.map(({ secret }) => secret))];
  const sources = secrets.map((name) => {
    const items = files.filter(({ secret }) => secret === name).map(({ key, variable }) => ({ key, path: variable }));
    return { secret: { name, items } };
  });
  return { name: 'secrets', projected: { defaultMode: 0o440, sources } };
}

const databaseKeys = {
  APP_POSTGRES_HOST: 'host',
  APP_POSTGRES_PORT: 'port',
  APP_POSTGRES_RO_HOST: 'roHost',
  APP_POSTGRES_RO_PORT: 'roPort',
  APP_POSTGRES_DATABASE: 'database',
  APP_POSTGRES_USERNAME: 'username',
  APP_POSTGRES_PASSWORD: 'password',
  APP_POSTGRES_SSLMODE: 'sslmode',
} as const;

const redisKeys = {
  APP_REDIS_NODES: 'nodes',
  APP_REDIS_USERNAME: 'username',
  APP_REDIS_PASSWORD: 'password',
} as const;

const kafkaKeys = {
  APP_KAFKA_BOOTSTRAP_SERVERS: 'bootstrapServers',
  APP_KAFKA_SASL_MECHANISM: 'saslMechanism',
  APP_KAFKA_USERNAME: 'username',
  APP_KAFKA_PASSWORD: 'password',
  APP_KAFKA_TLS: 'tls',
  APP_KAFKA_CA: 'ca.crt',
} as const;

const searchKeys = {
  APP_ELASTICSEARCH_URLS: 'url',
  APP_ELASTICSEARCH_USERNAME: 'username',
  APP_ELASTICSEARCH_PASSWORD: 'password',
  APP_ELASTICSEARCH_CA: 'ca.crt',
} as const;

function databaseFiles(definition: ServiceDefinition, stack: CompleteStack): readonly SecretFile[] {
  return filesOf(connectionSecretName(stack.name, 'postgres', definition.name), databaseKeys);
}

/** `keys`: by variable the key of the Secret. */
function filesOf(secret: string, keys: Readonly<Record<string, string>>): readonly SecretFile[] {
  return Object.entries(keys).map(([variable, key]) => ({ variable, secret, key }));
}

function withoutUsers(
  { name }: ServiceDefinition,
  stack: CompleteStack,
  files: readonly SecretFile[],
): readonly SecretFile[] {
  const { env } = stack.services[name];
  return files.filter(({ variable }) => env[variable] === undefined);
}
