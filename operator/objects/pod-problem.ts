import type { LiveObject } from '../kube/live-object.ts';
import { type ContainerStatus, podStatus } from './live-status.ts';

/** Why a pod does not run, in words for the status of its stack. */
export interface PodProblem {
  readonly reason: 'PodUnschedulable' | 'ImagePullFailed' | 'PodCrashing' | 'PodConfigError';
  readonly message: string;
}

/** The most fundamental problem of the first pod (by name) that has one. */
export function findPodProblem(pods: readonly LiveObject[]): PodProblem | undefined {
  for (const check of checks) {
    for (const pod of pods) {
      const problem = pod.deleting ? undefined : check(pod);
      if (problem !== undefined) {
        return problem;
      }
    }
  }
  return undefined;
}

const checks: readonly ((pod: LiveObject) => PodProblem | undefined)[] = [
  unschedulable,
  containerCheck(imagePull),
  containerCheck(configError),
  containerCheck(crashing),
];

function unschedulable(pod: LiveObject): PodProblem | undefined {
  const scheduled = podStatus(pod).conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') {
    return undefined;
  }
  return {
    reason: 'PodUnschedulable',
    message: `Pod ${pod.ref.name} fits on no node: ${scheduled.message ?? 'the scheduler gave no reason'}`,
  };
}

type ContainerCheck = (podName: string, container: ContainerStatus) => PodProblem | undefined;

function containerCheck(check: ContainerCheck): (pod: LiveObject) => PodProblem | undefined {
  return (pod) => {
    for (const container of podStatus(pod).containers ?? []) {
      const problem = check(pod.ref.name, container);
      if (problem !== undefined) {
        return problem;
      }
    }
    return undefined;
  };
}

const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);

function imagePull(podName: string, container: ContainerStatus): PodProblem | undefined {
  if (!imageReasons.has(container.waitingReason ?? '')) {
    return undefined;
  }
  return {
    reason: 'ImagePullFailed',
    message: `Image ${container.image} of pod ${podName} cannot be pulled (${container.waitingReason}); check its name and the pull secrets.`,
  };
}

function configError(podName: string, container: ContainerStatus): PodProblem | undefined {
  if (container.waitingReason !== 'CreateContainerConfigError' && container.waitingReason !== 'CreateContainerError') {
    return undefined;
  }
  return {
    reason: 'PodConfigError',
    message: `Container ${container.name} of pod ${podName} cannot be created: ${container.waitingMessage ?? container.waitingReason}`,
  };
}

function crashing(podName: string, container: ContainerStatus): PodProblem | undefined {
  if (container.waitingReason !== 'CrashLoopBackOff') {
    return undefined;
  }
  const last = [
    container.terminatedReason,
    container.exitCode === undefined ? undefined : `exit code ${container.exitCode}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
  return {
    reason: 'PodCrashing',
    message: `Container ${container.name} of pod ${podName} crashed ${container.restartCount} times (${last}); see: kubectl logs ${podName} -c ${container.name} --previous`,
  };
}
