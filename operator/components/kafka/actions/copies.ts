import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, Plan } from '../../contract.ts';
import { thinTopics } from '../differences.ts';
import type { ClusterFacts, Observed } from '../observed.ts';
import { detail, harmless, nothing, talk, upCluster } from './ports.ts';

/** Partitions that get more copies in one step: their copying shares the network with the shop. */
const partitionsPerStep = 10;

/** One partition with the brokers that shall have a copy; the first is its preferred leader. */
export type Assignment = { readonly topic: string; readonly partition: number; readonly replicas: readonly number[] };

/** Gives partitions the copies that more brokers allow. Never moves or takes a copy away. */
export const copies: Action<Observed> = {
  name: 'AddCopies',
  plan: planCopies,
  async execute(step, ports) {
    const assignments = detail<readonly Assignment[]>(step, 'assignments');
    await talk(step, ports, (broker) =>
      broker.alterPartitionReassignments({
        topics: assignments.map(({ topic, partition, replicas }) => ({
          topic,
          partitionAssignment: [{ partition, replicas }],
        })),
        timeout: 10_000,
      }),
    );
  },
};

function planCopies(observed: Observed, stack: CompleteStack): Plan {
  const cluster = upCluster(observed);
  if (cluster === undefined || cluster.facts.brokers.length < cluster.observed.size) {
    return nothing;
  }
  const { facts } = cluster;
  // One batch after the other: copies that are still being filled are not in sync.
  const isCopying = facts.topics.some(({ partitions }) =>
    partitions.some(({ replicas, inSync }) => inSync.length < replicas.length),
  );
  const assignments = isCopying ? [] : assign(facts, thinTopics(facts, cluster.observed, stack));
  return assignments.length === 0
    ? nothing
    : harmless('AddCopies', `Adds copies to ${assignments.length} partitions.`, cluster.target, {
        assignments: assignments.map((one) => ({ ...one, replicas: [...one.replicas] })),
      });
}

/** Adds the brokers with the fewest copies, so that the load spreads. */
function assign(
  { topics, brokers }: ClusterFacts,
  thin: readonly { readonly name: string; readonly copies: number }[],
): readonly Assignment[] {
  const wanted = new Map(thin.map(({ name, copies: count }) => [name, count]));
  const load = new Map(brokers.map((id) => [id, 0]));
  for (const id of topics.flatMap(({ partitions }) => partitions.flatMap(({ replicas }) => replicas))) {
    load.set(id, (load.get(id) ?? 0) + 1);
  }
  return topics
    .flatMap(({ name, partitions }) => partitions.map(({ id, replicas }) => ({ topic: name, partition: id, replicas })))
    .filter(({ topic, replicas }) => replicas.length < (wanted.get(topic) ?? 0))
    .slice(0, partitionsPerStep)
    .map(({ topic, partition, replicas }) => ({
      topic,
      partition,
      replicas: extend(replicas, wanted.get(topic) ?? 0, load),
    }));
}

function extend(replicas: readonly number[], count: number, load: Map<number, number>): readonly number[] {
  const added = [...load.keys()]
    .filter((id) => !replicas.includes(id))
    .toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0) || a - b)
    .slice(0, count - replicas.length);
  for (const id of added) {
    load.set(id, (load.get(id) ?? 0) + 1);
  }
  return [...replicas, ...added];
}
