import type { JsonObject } from '../../api/kubernetes.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../kube/live-object.ts';
import { readClaim, smallerClaims } from '../../objects/claims.ts';
import { podStatus } from '../../objects/live-status.ts';
import type { Reader, SecretValues } from '../contract.ts';
import type { Attempts } from './attempts.ts';
import { expansionKey } from './attempts.ts';
import type { Servers } from './client.ts';
import { bornMajor } from './desired/index.ts';
import { sslModeOf } from './endpoints.ts';
import { leaderOf, restartKey } from './members.ts';
import { credentialKeys, namesOf, ordinalOf, statefulSetRef, tenantPasswordKey, tenantsOf } from './names.ts';
import type { Instance, Observed, ObservedBuiltin, ObservedExternal, ServerFacts, Unreachable } from './observed.ts';
import type { PatroniEndpoint } from './patroni.ts';
import { builtinTarget, externalTarget } from './target.ts';

/** What gathering needs beside the caches. */
export interface GatherPorts {
  readonly servers: Servers;
  readonly attempts: Attempts;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Looks at the stack's PostgreSQL: one call per pod, and one query on the leader. Never rejects. */
export async function gather(ports: GatherPorts, stack: CompleteStack, reader: Reader): Promise<Observed> {
  switch (stack.postgres.mode) {
    case 'CloudNativePG':
      return { mode: 'CloudNativePG' };
    case 'External':
      return gatherExternal(ports, stack, reader);
    case 'Builtin':
      return gatherBuiltin(ports, stack, reader);
  }
}

/** Keys of the credential Secret that this stack needs. */
export function neededKeys(stack: CompleteStack): readonly string[] {
  const servers = stack.postgres.mode === 'External' ? [] : Object.values(credentialKeys);
  return [...servers, ...tenantsOf(stack).map(tenantPasswordKey)];
}

async function gatherExternal(ports: GatherPorts, stack: CompleteStack, reader: Reader): Promise<ObservedExternal> {
  const name = stack.postgres.connectionSecretName;
  const values = name === undefined ? undefined : reader.secret(name);
  const target = externalTarget(stack, (secret) => reader.secret(secret));
  return {
    mode: 'External',
    sslmode: values === undefined ? 'require' : sslModeOf(values),
    hasCredentials: hasAll(stack, reader.secret(namesOf(stack).credentials)),
    recordedIdentity: reader.recorded.identity,
    server: target === undefined ? undefined : await ports.servers.read(target, reader.signal),
  };
}

async function gatherBuiltin(ports: GatherPorts, stack: CompleteStack, reader: Reader): Promise<ObservedBuiltin> {
  const { servers, attempts } = ports;
  const pods = byOrdinal(reader.list('Pod'));
  const asked = await Promise.all(pods.map((pod) => askInstance(servers, stack, reader, pod)));
  const server = await askServer(servers, stack, reader, leaderOf(asked));
  const isPending = asked.some(({ member }) => member?.pendingRestart === true);
  const instances = isPending ? await askSettings(servers, stack, reader, asked) : asked;
  const claims = byOrdinal(reader.list('PersistentVolumeClaim')).map(readClaim);
  return {
    mode: 'Builtin',
    hasCredentials: hasAll(stack, reader.secret(namesOf(stack).credentials)),
    recordedIdentity: reader.recorded.identity,
    statefulSet: reader.live(statefulSetRef(stack)),
    bornMajor: bornMajor(stack, { live: (ref) => reader.live(ref) }),
    instances,
    youngestPodMs: youngestOf(pods, ports.now()),
    claims,
    expansionRefusal: smallerClaims(claims, stack.postgres.storage.size).flatMap(
      (claim) => attempts.outcome(expansionKey(claim.uid, stack)) ?? [],
    )[0],
    restarted: instances
      .filter(({ pod }) => attempts.outcome(restartKey(pod.uid, stack)) !== undefined)
      .map(({ name }) => name),
    server,
    dynamicConfig:
      server?.reachable === true ? server.dynamicConfig : await askConfig(servers, stack, reader, instances),
  };
}

async function askInstance(servers: Servers, stack: CompleteStack, reader: Reader, pod: LiveObject): Promise<Instance> {
  const base = { ordinal: ordinalOf(pod.ref.name), name: pod.ref.name, pod, settings: undefined };
  const at = endpointOf(servers, stack, reader, pod);
  if (at === undefined) {
    return { ...base, member: undefined, silence: 'it has no address yet' };
  }
  try {
    return { ...base, member: await servers.patroni.status(at), silence: undefined };
  } catch (error) {
    return { ...base, member: undefined, silence: error instanceof Error ? error.message : String(error) };
  }
}

async function askServer(
  servers: Servers,
  stack: CompleteStack,
  reader: Reader,
  instance: Instance | undefined,
): Promise<ServerFacts | Unreachable | undefined> {
  const host = instance === undefined ? undefined : podStatus(instance.pod).podIP;
  const at = host === undefined ? undefined : { host, port: servers.ports.postgres };
  const target = at === undefined ? undefined : builtinTarget(stack, (name) => reader.secret(name), at);
  return target === undefined ? undefined : servers.read(target, reader.signal);
}

/** Which order of restarts is safe depends on who has heard of the change: one more query per pod, while one pends. */
function askSettings(
  servers: Servers,
  stack: CompleteStack,
  reader: Reader,
  instances: readonly Instance[],
): Promise<readonly Instance[]> {
  return Promise.all(
    instances.map(async (instance) => {
      const facts = await askServer(servers, stack, reader, instance);
      return { ...instance, settings: facts?.reachable === true ? facts.dynamicConfig : undefined };
    }),
  );
}

/** Only while no leader answers queries: a setting that keeps PostgreSQL down must still be correctable. */
async function askConfig(
  servers: Servers,
  stack: CompleteStack,
  reader: Reader,
  instances: readonly Instance[],
): Promise<JsonObject | undefined> {
  const answering = instances.find(({ member }) => member !== undefined);
  const at = answering === undefined ? undefined : endpointOf(servers, stack, reader, answering.pod);
  const config = at === undefined ? {} : await servers.patroni.config(at).catch(() => ({}));
  // Before the first start there is none: Patroni answers 502, or nothing from the ConfigMap that we made beforehand.
  return Object.keys(config).length === 0 ? undefined : config;
}

function endpointOf(
  servers: Servers,
  stack: CompleteStack,
  reader: Reader,
  pod: LiveObject,
): PatroniEndpoint | undefined {
  const host = podStatus(pod).podIP;
  const password = reader.secret(namesOf(stack).credentials)?.[credentialKeys.rest] ?? '';
  return host === undefined ? undefined : { host, port: servers.ports.rest, password, signal: reader.signal };
}

function youngestOf(pods: readonly LiveObject[], now: number): number {
  const ages = pods.map((pod) => now - Date.parse(podStatus(pod).startTime ?? ''));
  return ages.length === 0 || ages.some(Number.isNaN) ? 0 : Math.max(0, Math.min(...ages));
}

function byOrdinal(objects: readonly LiveObject[]): readonly LiveObject[] {
  return objects.toSorted((a, b) => ordinalOf(a.ref.name) - ordinalOf(b.ref.name));
}

function hasAll(stack: CompleteStack, values: SecretValues | undefined): boolean {
  return neededKeys(stack).every((key) => values?.[key] !== undefined);
}
