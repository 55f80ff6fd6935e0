import type { LiveObject } from '../kube/live-object.ts';

/** Typed views of `LiveObject.status`, as the projections of `kube/projection.ts` fill it. */

export interface WorkloadStatus {
  readonly observedGeneration?: number;
  /** `spec.replicas` of the live object. */
  readonly specReplicas?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly conditions?: readonly LiveCondition[];
}

export interface LiveCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface PodStatus {
  readonly phase?: string;
  readonly podIP?: string;
  readonly nodeName?: string;
  readonly ready?: boolean;
  readonly startTime?: string;
  readonly containers?: readonly ContainerStatus[];
  readonly conditions?: readonly LiveCondition[];
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly waitingReason?: string;
  readonly waitingMessage?: string;
  readonly terminatedReason?: string;
  readonly exitCode?: number;
  /** What the container wrote into its termination log before it ended. */
  readonly terminatedMessage?: string;
}

export interface JobStatus {
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly complete?: boolean;
  readonly failedReason?: string;
}

export interface AutoscalerStatus {
  readonly conditions?: readonly LiveCondition[];
}

export interface ClaimStatus {
  readonly phase?: string;
  /** Size the volume has now. */
  readonly capacity?: string;
  /** Size that the claim asks for. */
  readonly requested?: string;
  readonly storageClassName?: string;
  readonly conditions?: readonly LiveCondition[];
}

// The projections are written for exactly these views; `test/apiserver` checks both against real objects.
export function workloadStatus(live: LiveObject): WorkloadStatus {
  return live.status;
}

export function podStatus(live: LiveObject): PodStatus {
  return live.status;
}

export function jobStatus(live: LiveObject): JobStatus {
  return live.status;
}

export function autoscalerStatus(live: LiveObject): AutoscalerStatus {
  return live.status;
}

export function claimStatus(live: LiveObject): ClaimStatus {
  return live.status;
}
