import type { CompleteStack, Storage } from '../api/v1beta1/complete-stack.ts';
import {
  describeGrowth,
  describePendingClaim,
  describePodProblem,
  findPendingClaim,
  type ObservedClaim,
} from './claims.ts';
import type { PodProblem } from './pod-problem.ts';
import type { ObservedStatefulSet, StatefulPod } from './stateful-pods.ts';

/** What Kubernetes says of a store that is a StatefulSet with volumes, judged before the store itself is asked. */
export interface ObservedStore {
  readonly statefulSet: ObservedStatefulSet | undefined;
  readonly pods: readonly StatefulPod[];
  readonly podProblem: PodProblem | undefined;
  readonly claims: readonly ObservedClaim[];
}

/** The checks of one store; `storageOf` finds its volumes in the manifest. Each answers `undefined` when all is well. */
export function storeChecks(storageOf: (stack: CompleteStack) => Storage) {
  return {
    /** Scheduling, image, configuration, crashes. */
    podsRun: ({ podProblem, claims }: ObservedStore, stack: CompleteStack) =>
      podProblem === undefined
        ? undefined
        : failed(podProblem.reason, describePodProblem(podProblem, claims, storageOf(stack).className)),

    volumesBound: ({ claims }: ObservedStore, stack: CompleteStack) => {
      const waiting = findPendingClaim(claims);
      return waiting === undefined
        ? undefined
        : progressing('VolumePending', describePendingClaim(waiting, storageOf(stack).className), 2000);
    },

    /** Comes last: a store whose volumes still grow works as before. */
    volumesSized: ({ claims }: ObservedStore, stack: CompleteStack) => {
      const growth = describeGrowth(claims, storageOf(stack).size);
      return growth === undefined ? undefined : progressing('VolumeGrowing', growth, 2000);
    },
  };
}

/** The first `wanted` pods can be reached. */
export function podsHaveAddresses({ pods }: Pick<ObservedStore, 'pods'>, wanted: number) {
  const addressed = pods.filter(({ ordinal, address }) => ordinal < wanted && address !== undefined).length;
  return addressed < wanted
    ? progressing('PodsPending', `${addressed} of ${wanted} pods have an address.`, 2000)
    : undefined;
}

/** Until Kubernetes has read a changed template, nobody knows which pods are outdated: "ready" would be too early. */
export function templateSeen({ statefulSet }: Pick<ObservedStore, 'statefulSet'>) {
  return statefulSet?.updateRevision === undefined
    ? progressing('Updating', 'Kubernetes has not taken the newest template over yet.', 500)
    : undefined;
}

function progressing<Reason extends string>(reason: Reason, message: string, retryAfterMs: number) {
  return { state: 'progressing', reason, message, retryAfterMs } as const;
}

function failed<Reason extends string>(reason: Reason, message: string) {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs: 5000 } as const;
}
