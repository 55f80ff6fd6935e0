import type { BuiltinObserved, ClusterFacts, KafkaPod, ObservedPartition, ObservedTopic } from './observed.ts';

/**
 * A named condition under which a broker may be restarted; `undefined` when it holds, else a sentence that says what
 * does not. The name is what the status shows as `blockedBy`.
 */
export interface Check {
  readonly name: string;
  readonly complain: (target: KafkaPod, facts: ClusterFacts, observed: BuiltinObserved) => string | undefined;
}

/** Every other wanted pod is there, ready, and a registered broker: one at a time. */
export const othersRun: Check = {
  name: 'othersRun',
  complain: (target, { brokers }, { pods, size }) => {
    const others = pods.filter(({ ordinal }) => ordinal !== target.ordinal && ordinal < size);
    const away = others.find(({ isReady, isDeleting }) => !isReady || isDeleting);
    if (others.length < size - 1) {
      return `${pods.length} of ${size} pods exist.`;
    }
    if (away !== undefined) {
      return `Pod ${away.name} is not ready.`;
    }
    const unregistered = others.find(({ ordinal }) => !brokers.includes(ordinal));
    return unregistered === undefined ? undefined : `Broker ${unregistered.ordinal} has not registered yet.`;
  },
};

/** The pod itself is not on its way out already. */
export const podStays: Check = {
  name: 'podStays',
  complain: ({ name, isDeleting }) => (isDeleting ? `Pod ${name} is being replaced.` : undefined),
};

/**
 * How far the log of a controller may be behind in time: Kafka's own controller.quorum.fetch.timeout.ms, after which a
 * follower gives its leader up.
 */
const maxLagMs = 2000;

/** Without the target, a majority of all controllers has what the leader has. */
export const quorumSurvives: Check = {
  name: 'quorumSurvives',
  complain: (target, { quorum }) => {
    const leader = quorum.voters.find(({ id }) => id === quorum.leaderId);
    if (quorum.voters.length < 2 || !quorum.voters.some(({ id }) => id === target.ordinal)) {
      return undefined;
    }
    const others = quorum.voters.filter(({ id }) => id !== target.ordinal);
    const current = others.filter((voter) => isCaughtUp(voter, leader));
    const majority = Math.floor(quorum.voters.length / 2) + 1;
    return current.length >= majority
      ? undefined
      : `${current.length} of the ${others.length} other controllers are caught up; ${majority} are needed.`;
  },
};

type Voter = ClusterFacts['quorum']['voters'][number];

function isCaughtUp(voter: Voter, leader: Voter | undefined): boolean {
  return leader !== undefined && (voter === leader || leader.caughtUpAt - voter.caughtUpAt <= maxLagMs);
}

/** No partition loses the copies that it needs to take events. */
export const partitionsSurvive: Check = {
  name: 'partitionsSurvive',
  complain: (target, { topics }) => {
    const hurt = topics
      .flatMap((topic) => topic.partitions.map((partition) => ({ topic, partition })))
      .filter(({ topic, partition }) => wouldStop(topic, partition, target.ordinal));
    const [first] = hurt;
    return first === undefined
      ? undefined
      : `Without it ${hurt.length} partitions would take no events, the first of them ${first.topic.name}-${first.partition.id} with ${first.partition.inSync.length} of ${first.partition.replicas.length} copies in sync.`;
  },
};

/** A partition that can never spare a copy (one copy, or as many as must confirm) does not block for ever. */
function wouldStop(topic: ObservedTopic, { replicas, inSync }: ObservedPartition, broker: number): boolean {
  if (!replicas.includes(broker)) {
    return false;
  }
  const needed = Math.min(topic.minimumInSync, replicas.length - 1);
  return inSync.filter((id) => id !== broker).length < needed;
}

/** The first check that does not hold, as the engine shows it. */
export function firstComplaint(
  target: KafkaPod,
  facts: ClusterFacts,
  observed: BuiltinObserved,
): { readonly blockedBy: string; readonly message: string } | undefined {
  for (const { name, complain } of [podStays, othersRun, quorumSurvives, partitionsSurvive]) {
    const message = complain(target, facts, observed);
    if (message !== undefined) {
      return { blockedBy: name, message };
    }
  }
  return undefined;
}

/** The first partition without a leader, as a sentence. */
export function findLeaderless({ topics }: ClusterFacts): string | undefined {
  const leaderless = topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ leader }) => leader < 0).map(({ id }) => `${name}-${id}`),
  );
  return leaderless.length === 0
    ? undefined
    : `${leaderless.length} partitions have no leader, the first of them ${leaderless[0]}.`;
}

/** How many partitions have copies that are behind, as a sentence. */
export function findLagging({ topics }: ClusterFacts): string | undefined {
  const behind = topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length).map(({ id }) => `${name}-${id}`),
  );
  return behind.length === 0
    ? undefined
    : `${behind.length} partitions have copies that are behind, the first of them ${behind[0]}.`;
}
