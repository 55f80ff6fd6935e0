import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { aLive } from '../../../testing/live.ts';
import { wantedDynamicConfig } from '../dynamic-config.ts';
import type { Instance, Member, ObservedBuiltin, ServerFacts, Standby } from '../observed.ts';

const identity = '7300000000000000001';
/** Revision of the StatefulSet's present template. */
export const revision = 'new';

/** A pod of the present template whose server works as a replica; ordinal 0 leads. */
export function anInstance(ordinal: number, change: Partial<Member> & { readonly revision?: string } = {}): Instance {
  const { revision: own = revision, ...member } = change;
  const name = `shop-postgres-${ordinal}`;
  return {
    ordinal,
    name,
    pod: aLive('Pod', name, {
      labels: { 'controller-revision-hash': own },
      status: { phase: 'Running', ready: true, podIP: `10.0.0.${ordinal + 1}` },
    }),
    member: {
      state: 'running',
      role: ordinal === 0 ? 'leader' : 'replica',
      serverVersion: 150010,
      timeline: 1,
      systemIdentifier: identity,
      pendingRestart: false,
      unlocked: false,
      paused: false,
      patroniVersion: '3.0.2',
      ...member,
    },
    silence: undefined,
    settings: undefined,
  };
}

/** A healthy cluster of these instances: all replicas stream, the first of them synchronously. */
export function aCluster(
  stack: CompleteStack,
  instances: readonly Instance[],
  change: Partial<ObservedBuiltin> & { readonly facts?: Partial<ServerFacts> } = {},
): ObservedBuiltin {
  const { facts, ...rest } = change;
  const replicas = instances.filter(({ member }) => member?.role === 'replica');
  return {
    mode: 'Builtin',
    hasCredentials: true,
    recordedIdentity: identity,
    server: {
      reachable: true,
      inRecovery: false,
      version: '15.10',
      identity,
      tenants: [],
      standbys: replicas.map(
        ({ name }, index): Standby => ({ name, state: 'streaming', sync: index === 0, lagBytes: 0 }),
      ),
      dynamicConfig: wantedDynamicConfig(stack),
      sensitive: {},
      pendingRestart: [],
      unknownParameters: [],
      mayProvision: true,
      replicationPasswordOk: true,
      ...facts,
    },
    statefulSet: aLive('StatefulSet', 'shop-postgres', {
      status: { observedGeneration: 1, updateRevision: revision, specReplicas: instances.length },
    }),
    bornMajor: undefined,
    instances: instances.map((instance) => ({ ...instance, settings: wantedDynamicConfig(stack) })),
    youngestPodMs: 60_000,
    claims: [],
    expansionRefusal: undefined,
    restarted: [],
    dynamicConfig: wantedDynamicConfig(stack),
    ...rest,
  };
}
