import type { BuiltinObserved, ClusterFacts } from './observed.ts';
import type { Quorum, QuorumMember } from './protocol/quorum.ts';

/** A controller of a wanted node that has no vote yet; of several with one id, the one that lives. */
export function findVoteless({ quorum }: ClusterFacts, { size }: BuiltinObserved): QuorumMember | undefined {
  const voting = new Set(quorum.voters.map(({ directoryId }) => directoryId));
  return quorum.observers.find(
    (observer) =>
      observer.id < size && !voting.has(observer.directoryId) && findSuccessor(observer, quorum) === undefined,
  );
}

/**
 * A vote of a volume that is gone: the same node follows with another one. Two nodes never have the same id, so the old
 * volume cannot come back beside the new one.
 */
export function findDeadVote({ quorum }: ClusterFacts): QuorumMember | undefined {
  return quorum.voters.find((voter) => findSuccessor(voter, quorum) !== undefined);
}

/**
 * The same node with a newer volume. The leader keeps a member that stopped following for minutes in its list, so that
 * only the time of the last request tells which of two volumes is in use.
 */
function findSuccessor(member: QuorumMember, { voters, observers }: Quorum): QuorumMember | undefined {
  return [...voters, ...observers].find(
    ({ id, directoryId, fetchedAt }) =>
      id === member.id && directoryId !== member.directoryId && fetchedAt > member.fetchedAt,
  );
}

/** Every wanted node is a controller with a vote. */
export function isQuorumWhole({ quorum }: ClusterFacts, { size }: BuiltinObserved): boolean {
  const ids = new Set(quorum.voters.map(({ id }) => id));
  return Array.from({ length: size }, (_, id) => id).every((id) => ids.has(id));
}
