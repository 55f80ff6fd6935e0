import { foreignHold } from './markers.ts';
import type { BuiltinObserved, ClusterFacts, ElasticsearchPod } from './observed.ts';
import { findMissingCopies, findMissingPrimaries, findMoving } from './shards.ts';

/**
 * A named condition under which a node may be restarted; `undefined` when it holds, else a sentence that says what does
 * not. The name is what the status shows as `blockedBy`.
 */
export interface Check {
  readonly name: string;
  readonly complain: (target: ElasticsearchPod, facts: ClusterFacts, observed: BuiltinObserved) => string | undefined;
}

/** The pod itself is not on its way out already. */
export const podStays: Check = {
  name: 'podStays',
  complain: ({ name, isDeleting }) => (isDeleting ? `Pod ${name} is being replaced.` : undefined),
};

/** Every other wanted pod is there, ready, and a node of the cluster: one at a time. */
export const othersRun: Check = {
  name: 'othersRun',
  complain: (target, facts, observed) => findAway(observed, facts, (pod) => pod.ordinal !== target.ordinal),
};

/** Nobody else holds shards in their place: our own hold would be mixed up with theirs. */
export const allocationFree: Check = { name: 'allocationFree', complain: (_target, facts) => foreignHold(facts) };

/** Every shard is served, and every copy that can have a place has one: green, or as yellow as it will stay. */
export const clusterGreen: Check = {
  name: 'clusterGreen',
  complain: (_target, facts) => findMissingPrimaries(facts) ?? findMissingCopies(facts),
};

/** No copy is on its way: a restart would begin it anew. */
export const shardsStill: Check = { name: 'shardsStill', complain: (_target, facts) => findMoving(facts) };

/** The first check that does not hold, as the engine shows it. */
export function firstComplaint(
  target: ElasticsearchPod,
  facts: ClusterFacts,
  observed: BuiltinObserved,
): { readonly blockedBy: string; readonly message: string } | undefined {
  for (const { name, complain } of [podStays, othersRun, allocationFree, clusterGreen, shardsStill]) {
    const message = complain(target, facts, observed);
    if (message !== undefined) {
      return { blockedBy: name, message };
    }
  }
  return undefined;
}

/** The first wanted pod of those that `concerns` picks that is missing, not ready, or not in the cluster. */
export function findAway(
  { pods, size }: BuiltinObserved,
  { nodes }: ClusterFacts,
  concerns: (pod: { readonly ordinal: number }) => boolean = () => true,
): string | undefined {
  const wanted = pods.filter((pod) => pod.ordinal < size && concerns(pod));
  const expected = Array.from({ length: size }, (_, ordinal) => ({ ordinal })).filter(concerns).length;
  if (wanted.length < expected) {
    return `${wanted.length} of ${expected} pods exist.`;
  }
  const away = wanted.find(({ isReady, isDeleting }) => !isReady || isDeleting);
  if (away !== undefined) {
    return `Pod ${away.name} is not ready.`;
  }
  const outside = wanted.find(({ name }) => !nodes.some((node) => node.name === name));
  return outside === undefined ? undefined : `Node ${outside.name} has not joined the cluster.`;
}
