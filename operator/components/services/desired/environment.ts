import type { CompleteService, CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { upstreamVariable } from '../../../api/v1beta1/neighbours.ts';
import { profiles } from '../../../api/v1beta1/profiles.ts';
import { hashOf } from '../../../objects/hash.ts';
import { adminPort, type ServiceDefinition, serviceCatalog } from '../catalog.ts';
import { serviceObjectName } from '../names.ts';
import { secretsFolder } from './secret-files.ts';

/** One entry of a container's `env`. What Secrets say comes as files: `secret-files.ts`. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

/**
 * Whoever takes requests at once meets them with code that was never compiled: at 200 requests a second on two processors
 * the pages of a restarted product service were refused for 5 to 12 s, and none of them after two seconds of asking itself, then four
 * requests at a time. One at a time it is warm after 1.9 to 2.2 s where nothing else runs.
 */
const warmUpMs = 2000;

/**
 * The environment of a service, in an order that does not depend on input: ours by name, then the user's, which win
 * because a later variable of the same name replaces an earlier one; ours are left out then.
 */
export function buildEnvironment(definition: ServiceDefinition, stack: CompleteStack): readonly EnvironmentVariable[] {
  const service = stack.services[definition.name];
  const ours = [
    ...baseVariables(definition, service),
    { name: 'APP_WARM_UP_MS', value: String(warmUpMs) },
    ...(definition.ownsDatabase ? poolVariables(stack) : []),
    ...(definition.usesSearch ? searchVariables(stack) : []),
    ...(definition.signsTokens ? tokenVariables(stack) : []),
    ...upstreamVariables(definition, stack),
  ];
  return withUsers(ours, service.env);
}

/**
 * The environment of a service's migration: of the user's what has to do with the database or is no setting of the service.
 * A change of all else (a log level, a limit) is no reason to migrate again.
 */
export function buildMigrationEnvironment(
  definition: ServiceDefinition,
  stack: CompleteStack,
): readonly EnvironmentVariable[] {
  const service = stack.services[definition.name];
  const ours = baseVariables(definition, service);
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
    { name: 'APP_SECRETS_DIR', value: secretsFolder },
  ];
}

function poolVariables({ profile }: CompleteStack): readonly EnvironmentVariable[] {
  const { max, min } = profiles[profile].databasePool;
  return [
    { name: 'APP_POSTGRES_POOL_MAX', value: String(max) },
    { name: 'APP_POSTGRES_POOL_MIN', value: String(min) },
  ];
}

/** Servers of the stack's own hold nobody else's indices, and there the default reads well. */
function searchVariables(stack: CompleteStack): readonly EnvironmentVariable[] {
  return stack.elasticsearch.mode === 'External' ? [{ name: 'APP_SEARCH_PREFIX', value: indexPrefix(stack) }] : [];
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
  return stack.profile === 'Development' ? [{ name: 'APP_EMAIL_VERIFICATION', value: 'off' }] : [];
}

function upstreamVariables(definition: ServiceDefinition, stack: CompleteStack): readonly EnvironmentVariable[] {
  return serviceCatalog
    .filter(({ name }) => definition.calls.includes(name) && stack.services[name].enabled)
    .map(({ name, port }) => ({
      name: upstreamVariable(name),
      value: `http://${serviceObjectName(stack.name, name)}:${port}`,
    }));
}
