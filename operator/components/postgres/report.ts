import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { profiles } from '../../api/v1beta1/profiles.ts';
import type { Report, Warning } from '../contract.ts';
import { majorOf } from './desired/index.ts';
import { factsOf, identityMismatch } from './members.ts';
import { databaseOwners, namesOf, ports, serviceHost } from './names.ts';
import type { Observed, ObservedBuiltin, ObservedExternal, ServerFacts } from './observed.ts';
import { memoryOf, wantedParameters } from './parameters.ts';

/** What the status says of PostgreSQL beside its readiness. Pure. */
export function reportOf(observed: Observed, stack: CompleteStack): Report {
  if (observed.mode === 'CloudNativePG') {
    return {};
  }
  const facts = factsOf(observed);
  const identity = identityMismatch(observed) === undefined ? facts?.identity : undefined;
  return {
    ...(facts === undefined ? {} : { version: facts.version }),
    ...(identity === undefined ? {} : { identity }),
    ...(observed.mode === 'Builtin' ? builtinReport(stack) : { guarantee: externalGuarantee }),
    warnings: warningsOf(observed, stack, facts),
  };
}

const externalGuarantee =
  'The server is not run by this operator: what it survives, and whether it is backed up, is up to whoever runs it.';

function builtinReport(stack: CompleteStack): Pick<Report, 'endpoint' | 'guarantee'> {
  const endpoint = `${serviceHost(stack, namesOf(stack).readWrite)}:${ports.postgres}`;
  return { endpoint, guarantee: guaranteeOf(stack) };
}

/** Figures: three pods, the leader killed under 25 writes a second, 3.1 s without writes and nothing lost. */
function guaranteeOf(stack: CompleteStack): string {
  const { readReplicas, synchronous } = stack.postgres;
  if (readReplicas === 0) {
    return 'One instance: while its pod or node is away there is no database, and with its volume all data since the last backup is lost.';
  }
  const failover = `A lost primary is replaced by one of ${readReplicas} ${readReplicas === 1 ? 'replica' : 'replicas'} within seconds (up to 20 s after the loss of a node)`;
  return synchronous
    ? `${failover}, and no acknowledged commit is lost as long as a replica was streaming; with no replica left, commits go on without one.`
    : `${failover}; commits of the last moment, at most 16 MiB of WAL, may be lost, because replication is asynchronous.`;
}

function warningsOf(
  observed: ObservedBuiltin | ObservedExternal,
  stack: CompleteStack,
  facts: ServerFacts | undefined,
): readonly Warning[] {
  const byMode = observed.mode === 'Builtin' ? builtinWarnings(observed, stack) : externalWarnings(observed);
  return facts === undefined ? byMode : [...byMode, ...factWarnings(facts, stack)];
}

function builtinWarnings(observed: ObservedBuiltin, stack: CompleteStack): readonly Warning[] {
  const paused = observed.instances.some(({ member }) => member?.paused === true);
  const stuck = observed.instances.filter(
    ({ name, member }) => member?.pendingRestart === true && observed.restarted.includes(name),
  );
  const { most, limit } = connectionsOf(stack);
  const open = Math.min(most, limit);
  const memory = memoryOf(stack.postgres, open);
  return [
    ...when(
      paused,
      'FailoverPaused',
      'Patroni is in maintenance mode and will not fail over; end it with: patronictl resume',
    ),
    ...when(
      stuck.length > 0,
      'RestartPending',
      `${stuck.map(({ name }) => name).join(', ')} still waits for a restart after one; see its log.`,
    ),
    ...when(
      most > limit,
      'ConnectionsMayRunOut',
      `At their largest the services open ${most} connections, and max_connections is ${limit}; raise it in spec.postgres.parameters or lower the services' pools.`,
    ),
    ...when(
      memory.most > memory.limit,
      'MemoryMayRunOut',
      `With ${open} connections, which the services may open, a server takes about ${memory.most} MiB, and its limit is ${Math.floor(memory.limit)}; raise spec.postgres.resources.limits.memory or lower the services' pools.`,
    ),
  ];
}

function externalWarnings({ sslmode }: ObservedExternal): readonly Warning[] {
  return when(
    sslmode === 'disable',
    'Unencrypted',
    'The Secret says sslmode disable: passwords are safe, but data travels readable by others.',
  );
}

function factWarnings(facts: ServerFacts, stack: CompleteStack): readonly Warning[] {
  const major = facts.version.split('.')[0];
  const lossy = ['off', 'local', 'remote_write'].includes(stack.postgres.parameters['synchronous_commit'] ?? 'on');
  return [
    ...when(
      stack.postgres.mode === 'Builtin' && major !== majorOf(stack),
      'VersionMismatch',
      `spec.postgres.version is ${stack.postgres.version}, but image ${stack.postgres.image} runs ${facts.version}; set the version to ${major}.`,
    ),
    ...when(
      facts.unknownParameters.length > 0,
      'UnknownParameters',
      `The server does not know ${facts.unknownParameters.join(', ')} of spec.postgres.parameters and goes on without.`,
    ),
    ...when(
      lossy && stack.postgres.synchronous,
      'CommitsNotWaiting',
      'synchronous_commit in spec.postgres.parameters lets commits return before a replica has them: a failover may lose some.',
    ),
  ];
}

/** Kept by PostgreSQL for superusers: `superuser_reserved_connections`. */
const reserved = 3;

function connectionsOf(stack: CompleteStack): { readonly most: number; readonly limit: number } {
  const pods = databaseOwners
    .map((name) => stack.services[name])
    .filter(({ enabled }) => enabled)
    .map(({ autoscaling, replicas }) => (autoscaling.enabled ? autoscaling.maxReplicas : replicas));
  const { max } = profiles[stack.profile].databasePool;
  // Without replicas the pool for reads is on the same server.
  const poolsOfPod = stack.postgres.readReplicas > 0 ? 1 : 2;
  const most = pods.reduce((sum, count) => sum + count * poolsOfPod * max, 0);
  return { most, limit: Number(wantedParameters(stack.postgres)['max_connections']) - reserved };
}

function when(condition: boolean, reason: string, message: string): readonly Warning[] {
  return condition ? [{ reason, message }] : [];
}
