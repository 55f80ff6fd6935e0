import type { BuiltinObserved, ClusterFacts } from './observed.ts';
import type { QuorumMember } from './protocol/quorum.ts';

/** A controller of a wanted node that has no vote yet. */
export function findVoteless({ quorum }: ClusterFacts, { size }: BuiltinObserved): QuorumMember | undefined {
  const voting = new Set(quorum.voters.map(({ directoryId }) => directoryId));
  return quorum.observers.find(({ id, directoryId }) => id < size && !voting.has(directoryId));
}

/**
 * A vote of a volume that is gone: the same node follows with another one. Two nodes never have the same id, so the old
 * volume cannot come back beside the new one.
 */
export function findDeadVote({ quorum }: ClusterFacts): QuorumMember | undefined {
  return quorum.voters.find(({ id, directoryId }) =>
    quorum.observers.some((other) => other.id === id && other.directoryId !== directoryId),
  );
}

/** Every wanted node is a controller with a vote. */
export function isQuorumWhole({ quorum }: ClusterFacts, { size }: BuiltinObserved): boolean {
  const ids = new Set(quorum.voters.map(({ id }) => id));
  return Array.from({ length: size }, (_, id) => id).every((id) => ids.has(id));
}
