import { createHash, createPublicKey } from 'node:crypto';
import type { CompleteService, CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { connectionSecretName } from '../../../objects/names.ts';
import type { SecretValues } from '../../contract.ts';
import { adminPort, type ServiceDefinition, serviceCatalog } from '../catalog.ts';
import { identityKeys, identitySecretName, serviceObjectName } from '../names.ts';

/** One entry of a container's `env`. */
export type EnvironmentVariable =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly valueFrom: { readonly secretKeyRef: { name: string; key: string } } };

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
    ...(definition.ownsDatabase ? databaseVariables(definition, stack) : []),
    ...(definition.usesRedis ? redisVariables(stack) : []),
    ...(definition.usesKafka ? kafkaVariables(definition, stack) : []),
    ...(definition.usesSearch ? searchVariables(stack) : []),
    ...(definition.isGateway ? gatewayVariables(stack, identity) : []),
    fromSecret('APP_INTERNAL_KEY', identitySecretName(stack.name), identityKeys.internalKey),
  ];
  const users = Object.entries(service.env)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  return [...ours.filter(({ name }) => service.env[name] === undefined), ...users];
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
  return Object.entries(searchKeys).map(([name, key]) => fromSecret(name, secret, key));
}

function gatewayVariables(stack: CompleteStack, identity: SecretValues): readonly EnvironmentVariable[] {
  const upstreams = serviceCatalog
    .filter((other) => !other.isGateway && stack.services[other.name].enabled)
    .map((other) => ({
      name: `APP_UPSTREAM_${other.name.toUpperCase()}`,
      value: `http://${serviceObjectName(stack.name, other.name)}:${other.port}`,
    }));
  return [{ name: 'APP_IDENTITY_JWKS', value: publicKeySet(identity[identityKeys.signingKey] ?? '') }, ...upstreams];
}

/** JSON Web Key Set with the public half of the signing key; the key id is derived from the key itself. */
function publicKeySet(signingKeyPem: string): string {
  const { n, e } = createPublicKey(signingKeyPem).export({ format: 'jwk' });
  const kid = createHash('sha256').update(`${e}.${n}`).digest('base64url').slice(0, 16);
  return JSON.stringify({ keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e }] });
}

function fromSecret(name: string, secret: string, key: string): EnvironmentVariable {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
