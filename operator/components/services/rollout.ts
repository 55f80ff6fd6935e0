import type { LiveObject } from '../../kube/live-object.ts';
import { type LiveCondition, workloadStatus } from '../../objects/live-status.ts';

/** How far a Deployment is with the template that it was last given. */
export type Rollout =
  /** Its controller has not seen the change. */
  | { readonly state: 'unseen' }
  | { readonly state: 'rolling'; readonly updated: number; readonly wanted: number; readonly former: number }
  /** No progress within `progressDeadlineSeconds`. */
  | { readonly state: 'stuck'; readonly explanation: string }
  | { readonly state: 'done' };

/** Reads the rollout from the numbers of pods, as `kubectl rollout status` does. */
export function rolloutOf(deployment: LiveObject): Rollout {
  const status = workloadStatus(deployment);
  const progress = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progress?.status === 'False') {
    return { state: 'stuck', explanation: explain(progress) };
  }
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, specReplicas = 1 } = status;
  if (observedGeneration < deployment.generation) {
    return { state: 'unseen' };
  }
  const former = replicas - updatedReplicas;
  return updatedReplicas < specReplicas || former > 0
    ? { state: 'rolling', updated: updatedReplicas, wanted: specReplicas, former }
    : { state: 'done' };
}

function explain({ message, reason }: LiveCondition): string {
  return message ?? reason ?? 'no reason given';
}
