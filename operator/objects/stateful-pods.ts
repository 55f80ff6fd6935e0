import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { podStatus, workloadStatus } from './live-status.ts';
import { dataMetadata } from './metadata.ts';
import { findPodProblem } from './pod-problem.ts';

/** What components that run a StatefulSet of stores read of its objects. */

export interface StatefulPod {
  readonly name: string;
  readonly ordinal: number;
  readonly uid: string;
  readonly address: string | undefined;
  /** Machine that it runs on. */
  readonly machine: string | undefined;
  readonly revision: string | undefined;
  readonly isReady: boolean;
  readonly isDeleting: boolean;
}

/** A pod of a store that may not start, or that says why it ended. */
export interface StorePod extends StatefulPod {
  /** It cannot start: image, configuration, room, crash. */
  readonly isBroken: boolean;
  /** What its container said before it ended. */
  readonly lastWords: string | undefined;
}

export interface ObservedStatefulSet {
  readonly uid: string;
  readonly replicas: number;
  /** Revision of the newest template; `undefined` while the controller has not seen it. */
  readonly updateRevision: string | undefined;
}

/** The pods of a StatefulSet, by ordinal. */
export function readStatefulPods(pods: readonly LiveObject[], statefulSet: string): readonly StatefulPod[] {
  return pods.flatMap((live) => readPod(live, statefulSet)).sort((a, b) => a.ordinal - b.ordinal);
}

/** The pods of a StatefulSet with what keeps them from starting, by ordinal. */
export function readStorePods(pods: readonly LiveObject[], statefulSet: string): readonly StorePod[] {
  const byName = new Map(pods.map((live) => [live.ref.name, live]));
  return readStatefulPods(pods, statefulSet).map((pod) => {
    const live = byName.get(pod.name);
    const containers = live === undefined ? [] : (podStatus(live).containers ?? []);
    return {
      ...pod,
      isBroken: live !== undefined && findPodProblem([live]) !== undefined,
      lastWords: pod.isReady
        ? undefined
        : containers.find((one) => one.terminatedMessage !== undefined)?.terminatedMessage,
    };
  });
}

function readPod(live: LiveObject, statefulSet: string): readonly StatefulPod[] {
  const ordinal = Number(live.ref.name.slice(statefulSet.length + 1));
  if (!live.ref.name.startsWith(`${statefulSet}-`) || !Number.isInteger(ordinal)) {
    return [];
  }
  const status = podStatus(live);
  return [
    {
      name: live.ref.name,
      ordinal,
      uid: live.uid,
      address: status.podIP === undefined || status.podIP === '' ? undefined : status.podIP,
      machine: status.nodeName,
      revision: live.labels['controller-revision-hash'],
      isReady: status.ready === true,
      isDeleting: live.deleting,
    },
  ];
}

/** The StatefulSet; `undefined` when there is none, or one that is on its way out. */
export function readStatefulSet(live: LiveObject | undefined): ObservedStatefulSet | undefined {
  if (live === undefined || live.deleting) {
    return undefined;
  }
  const status = workloadStatus(live);
  return {
    uid: live.uid,
    replicas: status.specReplicas ?? 0,
    updateRevision: (status.observedGeneration ?? 0) >= live.generation ? status.updateRevision : undefined,
  };
}

/**
 * The template of the volume `data`. Claims carry the labels of data: they outlive the stack, and its successor finds
 * them. The list of templates is atomic for field ownership, so the server's defaults are written out: what comes back
 * is then what we sent.
 */
export function buildClaimTemplate(
  stack: CompleteStack,
  component: string,
  { size, className }: { readonly size: string; readonly className?: string | undefined },
): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', labels: dataMetadata(stack, component, 'data').labels },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(className === undefined ? {} : { storageClassName: className }),
      resources: { requests: { storage: size } },
      volumeMode: 'Filesystem',
    },
    status: { phase: 'Pending' },
  };
}
