import type { Condition } from '../api/kubernetes.ts';

/** A condition as this pass sees it, before times are put in. */
export interface ConditionDraft {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** Longest message that the schema accepts, of a condition and of the status itself. */
export const maxMessageLength = 2048;

/** Keeps `lastTransitionTime` where the status did not flip; the order is that of the drafts. */
export function toConditions(
  drafts: readonly ConditionDraft[],
  previous: readonly Condition[],
  stamp: { readonly generation: number; readonly now: string },
): readonly Condition[] {
  return drafts.map((draft) => {
    const before = previous.find(({ type }) => type === draft.type);
    return {
      ...draft,
      message: draft.message.slice(0, maxMessageLength),
      lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : stamp.now,
      observedGeneration: stamp.generation,
    };
  });
}

/** Now, in whole seconds as Kubernetes writes times. */
export function timestamp(clock: { now(): Date }): string {
  return `${clock.now().toISOString().slice(0, 19)}Z`;
}
