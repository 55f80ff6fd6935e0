import {
  deadLetterRetentionHours,
  deadLetterTopic,
  retryRetentionHours,
  retryTopics,
  shopTopics,
  type Topic,
} from '#contracts/topics.ts';
import type { CompleteStack, CompleteTopic } from '../../api/v1beta1/complete-stack.ts';
import { copiesOf } from './names.ts';

/** A topic as it shall be. */
export interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly copies: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Names of the settings that we give to topics; all others are nobody's or the user's. */
export const ownedTopicConfigs: readonly string[] = [
  'cleanup.policy',
  'delete.retention.ms',
  'min.insync.replicas',
  'retention.ms',
];

/** The services' topics, their retry and dead-letter topics and those of the manifest, by name. */
export function wantedTopics(stack: CompleteStack, brokers: number): readonly WantedTopic[] {
  const shop = shopTopics.flatMap((topic) => [shopTopic(topic, stack, brokers), ...failures(topic, brokers)]);
  const extra = stack.kafka.topics
    .filter(({ state }) => state === 'Present')
    .map((topic) => extraTopic(topic, brokers));
  return [...shop, ...extra].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Topics that the manifest says shall not be, by name. */
export function unwantedTopics(stack: CompleteStack): readonly string[] {
  return stack.kafka.topics.flatMap(({ name, state }) => (state === 'Absent' ? [name] : []));
}

function shopTopic(topic: Topic, stack: CompleteStack, brokers: number): WantedTopic {
  return wanted(
    { name: topic.name, partitions: topic.partitions[stack.profile], cleanup: topic.cleanup },
    topic.retentionHours,
    brokers,
  );
}

/** Where consumers put what they could not handle. One partition each: few events go there, and a person reads them in order. */
function failures({ name, consumers }: Topic, brokers: number): readonly WantedTopic[] {
  if (consumers.length === 0) return [];
  const single = (topic: string, retentionHours: number) =>
    wanted({ name: topic, partitions: 1, cleanup: 'delete' }, retentionHours, brokers);
  return [
    ...retryTopics(name).map((retry) => single(retry.name, retryRetentionHours)),
    single(deadLetterTopic(name), deadLetterRetentionHours),
  ];
}

function extraTopic({ name, partitions, replicationFactor, ...topic }: CompleteTopic, brokers: number): WantedTopic {
  const copies = Math.min(replicationFactor, brokers);
  const base = wanted({ name, partitions, cleanup: topic.cleanupPolicy }, topic.retentionHours, brokers);
  return { ...base, copies, configs: { ...base.configs, 'min.insync.replicas': copies >= 3 ? '2' : '1' } };
}

function wanted(
  topic: { readonly name: string; readonly partitions: number; readonly cleanup: 'delete' | 'compact' },
  retentionHours: number | undefined,
  brokers: number,
): WantedTopic {
  const { factor, minimumInSync } = copiesOf(brokers);
  const retention = retentionHours === undefined ? '-1' : String(retentionHours * 3_600_000);
  return {
    name: topic.name,
    partitions: topic.partitions,
    copies: factor,
    configs: {
      'cleanup.policy': topic.cleanup,
      'min.insync.replicas': String(minimumInSync),
      // Of a compacted topic only the marks of deleted keys go after this time.
      ...(topic.cleanup === 'compact' && retentionHours !== undefined
        ? { 'delete.retention.ms': retention }
        : { 'retention.ms': retention }),
    },
  };
}
