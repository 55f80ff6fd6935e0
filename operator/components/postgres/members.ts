import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { hashOf } from '../../objects/hash.ts';
import { podStatus, workloadStatus } from '../../objects/live-status.ts';
import { maximumLagBytes, wantedDynamicConfig } from './dynamic-config.ts';
import { wantedInstances } from './names.ts';
import type { Instance, ObservedBuiltin, ServerFacts, Standby } from './observed.ts';
import { standbySensitive, wantedParameters } from './parameters.ts';

/** Questions about the members of one cluster; all pure. */

/** The one instance that leads; `undefined` when none or more than one claims to. */
export function leaderOf(instances: readonly Instance[]): Instance | undefined {
  const leaders = instances.filter(
    ({ member }) => member?.role === 'leader' && member.state === 'running' && !member.unlocked,
  );
  return leaders.length === 1 ? leaders[0] : undefined;
}

/** Facts of the leader when it answered. */
export function factsOf(observed: { readonly server: ObservedBuiltin['server'] }): ServerFacts | undefined {
  return observed.server?.reachable === true ? observed.server : undefined;
}

/** What the leader says of an instance's replication; `undefined` when it has no connection from it. */
export function standbyOf(observed: ObservedBuiltin, instance: Instance): Standby | undefined {
  return factsOf(observed)?.standbys.find(({ name }) => name === instance.name);
}

/** Instances that the manifest asks for; others are on their way out. */
export function wantedOf(observed: ObservedBuiltin, stack: CompleteStack): readonly Instance[] {
  return observed.instances.filter(({ ordinal }) => ordinal < wantedInstances(stack));
}

/** Instances beside the leader. */
export function replicasOf(observed: ObservedBuiltin): readonly Instance[] {
  const leader = leaderOf(observed.instances);
  return observed.instances.filter((instance) => instance.name !== leader?.name);
}

/** The instance streams from the leader and has replayed all but the last few megabytes. */
export function isHealthyReplica(observed: ObservedBuiltin, instance: Instance): boolean {
  const standby = standbyOf(observed, instance);
  return (
    standby?.state === 'streaming' &&
    standby.lagBytes <= maximumLagBytes &&
    !instance.pod.deleting &&
    podStatus(instance.pod).ready === true
  );
}

/** The pod runs another template than the StatefulSet has now. While the controller lags behind, nothing is known. */
export function isOutdated(observed: ObservedBuiltin, instance: Instance): boolean {
  const revision = updateRevision(observed);
  const own = instance.pod.labels['controller-revision-hash'];
  return revision !== undefined && own !== undefined && own !== revision;
}

/** The controller has seen the newest template; until then no pod can be told to be outdated. */
export function isTemplateTakenUp(observed: ObservedBuiltin): boolean {
  return updateRevision(observed) !== undefined;
}

function updateRevision({ statefulSet }: ObservedBuiltin): string | undefined {
  if (statefulSet === undefined) {
    return undefined;
  }
  const { observedGeneration = 0, updateRevision: revision } = workloadStatus(statefulSet);
  return observedGeneration >= statefulSet.generation ? revision : undefined;
}

/** Data that was found is not the data that was recorded. */
export function identityMismatch(observed: {
  readonly recordedIdentity: string | undefined;
  readonly server: ObservedBuiltin['server'];
  readonly instances?: readonly Instance[];
}): { readonly recorded: string; readonly found: string } | undefined {
  const { recordedIdentity: recorded } = observed;
  const seen = [
    factsOf(observed)?.identity,
    ...(observed.instances ?? []).map(({ member }) => member?.systemIdentifier),
  ];
  const found = seen.find((identity) => identity !== undefined && identity !== recorded);
  return recorded === undefined || found === undefined ? undefined : { recorded, found };
}

/**
 * A setting that standbys may not have lower than the primary is being lowered: the primary restarts first then, for a
 * standby keeps the old value until it has seen the primary's change.
 */
export function isLowering(facts: ServerFacts, stack: CompleteStack): boolean {
  const wanted = wantedParameters(stack.postgres);
  return standbySensitive.some((name) => {
    const now = facts.sensitive[name];
    const next = wanted[name];
    return now !== undefined && next !== undefined && Number(next) < now;
  });
}

/** Key under which a restart of a pod's server for the wanted parameters is remembered. */
export function restartKey(podUid: string, stack: CompleteStack): string {
  return `restart ${podUid} ${hashOf(wantedDynamicConfig(stack))}`;
}

/** Every wanted pod answers and says that its volume holds no database. */
export function isEveryVolumeEmpty(observed: ObservedBuiltin, stack: CompleteStack): boolean {
  return (
    observed.instances.length >= wantedInstances(stack) &&
    observed.instances.every(({ member }) => member?.role === 'uninitialized')
  );
}
