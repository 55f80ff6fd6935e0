import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { podStatus } from '../../objects/live-status.ts';
import type { Plan } from '../contract.ts';
import { maximumLagBytes, planConfigPatch, wantedDynamicConfig } from './dynamic-config.ts';
import {
  factsOf,
  identityMismatch,
  isHealthyReplica,
  isOutdated,
  leaderOf,
  replicasOf,
  standbyOf,
  wantedOf,
} from './members.ts';
import { wantedInstances } from './names.ts';
import type { Instance, ObservedBuiltin } from './observed.ts';

/**
 * Why a disruptive step is not safe now. The name of the predicate goes to `status.operations[].blockedBy`, so these
 * names are part of what users see.
 */
export interface Predicate {
  readonly name: string;
  /** `undefined` when it is safe; otherwise a sentence that says what is missing. */
  objection(situation: Situation): string | undefined;
}

export interface Situation {
  readonly observed: ObservedBuiltin;
  readonly stack: CompleteStack;
  /** The instance that is to be restarted: not counted among those that must be healthy. */
  readonly target: Instance | undefined;
}

/** The first objection as a blocked plan; `undefined` when every predicate agrees. */
export function findObjection(predicates: readonly Predicate[], situation: Situation): Plan | undefined {
  for (const { name, objection } of predicates) {
    const message = objection(situation);
    if (message !== undefined) {
      const target = situation.target === undefined ? {} : { target: situation.target.name };
      return { kind: 'blocked', blockedBy: name, message, ...target };
    }
  }
  return undefined;
}

export const identityKnown: Predicate = {
  name: 'identityMatches',
  objection: ({ observed }) =>
    identityMismatch(observed) === undefined ? undefined : 'The data is not what this stack recorded.',
};

/** Exactly one instance leads and answers queries. */
export const leaderPresent: Predicate = {
  name: 'leaderPresent',
  objection: ({ observed }) => {
    if (leaderOf(observed.instances) === undefined) {
      return 'No instance leads.';
    }
    const facts = factsOf(observed);
    return facts === undefined || facts.inRecovery ? 'The leader does not answer queries.' : undefined;
  },
};

/** No pod is missing, on its way out or silent. */
export const allPodsPresent: Predicate = {
  name: 'allPodsPresent',
  objection: ({ observed, stack, target }) => {
    const present = wantedOf(observed, stack);
    const absent = present.find(
      ({ name, pod, member }) => name !== target?.name && (pod.deleting || member === undefined),
    );
    if (absent !== undefined) {
      return `Pod ${absent.name} is not back yet.`;
    }
    return present.length < wantedInstances(stack)
      ? `Only ${present.length} of ${wantedInstances(stack)} pods exist.`
      : undefined;
  },
};

/** Every replica but the one in hand streams from the leader. */
export const allReplicasStreaming: Predicate = {
  name: 'allReplicasStreaming',
  objection: ({ observed, target }) => {
    const idle = replicasOf(observed).find(
      (replica) => replica.name !== target?.name && standbyOf(observed, replica)?.state !== 'streaming',
    );
    return idle === undefined ? undefined : `Replica ${idle.name} does not stream from the leader.`;
  },
};

/**
 * A pod that has been restarted is back behind its Service, not only in the stream: its probe comes a moment later. One
 * with an old template may be waiting for just this restart.
 */
export const restartedPodsReady: Predicate = {
  name: 'restartedPodsReady',
  objection: ({ observed, target }) => {
    const returning = observed.instances.find(
      (instance) =>
        instance.name !== target?.name && !isOutdated(observed, instance) && podStatus(instance.pod).ready !== true,
    );
    return returning === undefined ? undefined : `Pod ${returning.name} is not ready yet.`;
  },
};

/** Every replica but the one in hand has replayed all but the last 16 MiB. */
export const lagBelow: Predicate = {
  name: 'lagBelow',
  objection: ({ observed, target }) => {
    const behind = factsOf(observed)?.standbys.find(
      ({ name, lagBytes }) => name !== target?.name && lagBytes > maximumLagBytes,
    );
    return behind === undefined
      ? undefined
      : `Replica ${behind.name} is ${behind.lagBytes} bytes behind, more than ${maximumLagBytes}.`;
  },
};

/** All members see the same leader on the same timeline. */
export const noSwitchoverRunning: Predicate = {
  name: 'noSwitchoverRunning',
  objection: ({ observed }) => {
    const timeline = leaderOf(observed.instances)?.member?.timeline;
    const astray = observed.instances.find(
      ({ member }) => member !== undefined && (member.unlocked || (member.timeline ?? timeline) !== timeline),
    );
    return astray === undefined ? undefined : `${astray.name} has not followed the last change of the leader yet.`;
  },
};

/** Patroni would not fail over in its maintenance mode. */
export const notInMaintenance: Predicate = {
  name: 'notInMaintenance',
  objection: ({ observed }) =>
    observed.instances.some(({ member }) => member?.paused === true)
      ? 'Patroni is in maintenance mode; end it with: patronictl resume'
      : undefined,
};

/** Every server has taken up the wanted settings, so that the order of restarts can be told. */
export const settingsTakenUp: Predicate = {
  name: 'settingsTakenUp',
  objection: ({ observed, stack }) => {
    const wanted = wantedDynamicConfig(stack);
    const behind = observed.instances.find(
      ({ settings }) => settings === undefined || planConfigPatch(settings, wanted) !== undefined,
    );
    return behind === undefined ? undefined : `${behind.name} has not taken up the changed settings yet.`;
  },
};

/** What every voluntary restart or change of the leader waits for. */
export const voluntaryDisruption: readonly Predicate[] = [
  identityKnown,
  leaderPresent,
  notInMaintenance,
  allPodsPresent,
  noSwitchoverRunning,
  allReplicasStreaming,
  lagBelow,
  restartedPodsReady,
];

/**
 * The replica that should lead next: healthy, among `eligible`, a synchronous one where there is one (Patroni accepts
 * no other then), and the one that is least behind.
 */
export function bestCandidate(observed: ObservedBuiltin, eligible: readonly Instance[]): Instance | undefined {
  const healthy = eligible.filter((instance) => isHealthyReplica(observed, instance));
  const isSync = (instance: Instance) => standbyOf(observed, instance)?.sync === true;
  const pool = healthy.some(isSync) ? healthy.filter(isSync) : healthy;
  const lagOf = (instance: Instance) => standbyOf(observed, instance)?.lagBytes ?? Number.POSITIVE_INFINITY;
  return pool.toSorted((a, b) => lagOf(a) - lagOf(b) || a.ordinal - b.ordinal)[0];
}
