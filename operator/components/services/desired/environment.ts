import { createPublicKey } from 'node:crypto';
import { describeSigningKey } from '#contracts/signing-keys.ts';
import type { CompleteService, CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { upstreamVariable } from '../../../api/v1beta1/neighbours.ts';
import { hashOf } from '../../../objects/hash.ts';
import { connectionSecretName } from '../../../objects/names.ts';
import type { SecretValues } from '../../contract.ts';
import { adminPort, type ServiceDefinition, serviceCatalog } from '../catalog.ts';
import {
  identityKeys,
  identitySecretName,
  personalDataKeys,
  personalDataSecretName,
  serviceObjectName,
} from '../names.ts';

/** One entry of a container's `env`. */
export type EnvironmentVariable =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly valueFrom: { readonly secretKeyRef: { name: string; key: string } } };

/**
 * Whoever takes requests at once meets them with code that was never compiled: at 200 requests a second on two processors
 * the pages of a restarted product service were refused for 5 to 12 s, and none of them after two seconds of asking itself.
 */
const warmUpMs = 2000;

/**
 * The environment of a service, in an order that does not depend on input: ours by name, then the user's, which win
 * because a later variable of the same name replaces an earlier one; ours are left out then.
 */
export function buildEnvironment(
  definition: ServiceDefinition,
  stack: CompleteStack,
  identity: SecretValues,
): readonly EnvironmentVariable[] {
  const service = stack.services[definition.name];
  const ours = [
    ...baseVariables(definition, service),
    { name: 'APP_WARM_UP_MS', value: String(warmUpMs) },
    ...(definition.ownsDatabase ? databaseVariables(definition, stack) : []),
    ...(definition.usesRedis ? redisVariables(stack) : []),
    ...(definition.usesKafka ? kafkaVariables(definition, stack) : []),
    ...(definition.usesSearch ? searchVariables(stack) : []),
    ...(definition.signsTokens ? tokenVariables(stack) : []),
    ...(definition.keepsPersonalData
      ? [fromSecret('APP_PERSONAL_DATA_KEYS', personalDataSecretName(stack.name), personalDataKeys)]
      : []),
    ...(definition.isGateway
      ? [{ name: 'APP_IDENTITY_JWKS', value: publicKeySet(identity[identityKeys.signingKey] ?? '') }]
      : []),
    ...upstreamVariables(definition, stack),
    fromSecret('APP_INTERNAL_KEY', identitySecretName(stack.name), identityKeys.internalKey),
  ];
  return withUsers(ours, service.env);
}

/**
 * The environment of a service's migration: where the database is, and what of the user's has to do with it or is no setting
 * of the service. A change of all else (a log level, a limit) is no reason to migrate again.
 */
export function buildMigrationEnvironment(
  definition: ServiceDefinition,
  stack: CompleteStack,
): readonly EnvironmentVariable[] {
  const service = stack.services[definition.name];
  const ours = [...baseVariables(definition, service), ...databaseVariables(definition, stack)];
  const isRelevant = (name: string) => !name.startsWith('APP_') || name.startsWith('APP_POSTGRES_');
  const users = Object.entries(service.env).filter(([name]) => isRelevant(name));
  return withUsers(ours, Object.fromEntries(users));
}

/** The user's variables, by name, behind ours, of which those are left out that the user sets. */
function withUsers(
  ours: readonly EnvironmentVariable[],
  users: Readonly<Record<string, string>>,
): readonly EnvironmentVariable[] {
  const theirs = Object.entries(users)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  return [...ours.filter(({ name }) => users[name] === undefined), ...theirs];
}

function baseVariables(definition: ServiceDefinition, service: CompleteService): readonly EnvironmentVariable[] {
  return [
    { name: 'APP_PORT', value: String(definition.port) },
    { name: 'APP_ADMIN_PORT', value: String(adminPort) },
    { name: 'APP_VERSION', value: service.version },
  ];
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

function databaseVariables(definition: ServiceDefinition, stack: CompleteStack): readonly EnvironmentVariable[] {
  const secret = connectionSecretName(stack.name, 'postgres', definition.name);
  return Object.entries(databaseKeys).map(([name, key]) => fromSecret(name, secret, key));
}

const redisKeys = {
  APP_REDIS_NODES: 'nodes',
  APP_REDIS_USERNAME: 'username',
  APP_REDIS_PASSWORD: 'password',
} as const;

function redisVariables(stack: CompleteStack): readonly EnvironmentVariable[] {
  const secret = connectionSecretName(stack.name, 'redis');
  return Object.entries(redisKeys).map(([name, key]) => fromSecret(name, secret, key));
}

const kafkaKeys = {
  APP_KAFKA_BOOTSTRAP_SERVERS: 'bootstrapServers',
  APP_KAFKA_SASL_MECHANISM: 'saslMechanism',
  APP_KAFKA_USERNAME: 'username',
  APP_KAFKA_PASSWORD: 'password',
  APP_KAFKA_TLS: 'tls',
  APP_KAFKA_CA: 'ca.crt',
} as const;

function kafkaVariables(definition: ServiceDefinition, stack: CompleteStack): readonly EnvironmentVariable[] {
  const secret = connectionSecretName(stack.name, 'kafka', definition.name);
  return Object.entries(kafkaKeys).map(([name, key]) => fromSecret(name, secret, key));
}

const searchKeys = {
  APP_ELASTICSEARCH_URLS: 'url',
  APP_ELASTICSEARCH_USERNAME: 'username',
  APP_ELASTICSEARCH_PASSWORD: 'password',
  APP_ELASTICSEARCH_CA: 'ca.crt',
} as const;

function searchVariables(stack: CompleteStack): readonly EnvironmentVariable[] {
  const secret = connectionSecretName(stack.name, 'elasticsearch');
  return [
    ...Object.entries(searchKeys).map(([name, key]) => fromSecret(name, secret, key)),
    // Servers of the stack's own hold nobody else's indices, and there the default reads well.
    ...(stack.elasticsearch.mode === 'External' ? [{ name: 'APP_SEARCH_PREFIX', value: indexPrefix(stack) }] : []),
  ];
}

/**
 * What the names of this stack's indices begin with on somebody else's Elasticsearch, where another stack may be. The hash
 * keeps apart what the name alone does not: stacks of one name in two namespaces, and `shop` from `shop-products`. It is
 * made from names and not from the uid, so that a stack that is made again finds its indices. 41 characters at most.
 */
function indexPrefix({ namespace, name }: CompleteStack): string {
  return `${name.slice(0, 31)}-${hashOf([namespace, name]).slice(0, 8)}-`;
}

/** Nothing sends mails in a shop on somebody's laptop: there an account begins without the link of one. */
function tokenVariables(stack: CompleteStack): readonly EnvironmentVariable[] {
  return [
    fromSecret('APP_IDENTITY_SIGNING_KEYS', identitySecretName(stack.name), identityKeys.signingKey),
    ...(stack.profile === 'Development' ? [{ name: 'APP_EMAIL_VERIFICATION', value: 'off' }] : []),
  ];
}

function upstreamVariables(definition: ServiceDefinition, stack: CompleteStack): readonly EnvironmentVariable[] {
  return serviceCatalog
    .filter(({ name }) => definition.calls.includes(name) && stack.services[name].enabled)
    .map(({ name, port }) => ({
      name: upstreamVariable(name),
      value: `http://${serviceObjectName(stack.name, name)}:${port}`,
    }));
}

/** JSON Web Key Set with the public half of the signing key; the key id is derived from the key itself. */
function publicKeySet(signingKeyPem: string): string {
  const { n = '', e = '' } = createPublicKey(signingKeyPem).export({ format: 'jwk' });
  return JSON.stringify({ keys: [describeSigningKey({ n, e })] });
}

function fromSecret(name: string, secret: string, key: string): EnvironmentVariable {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
