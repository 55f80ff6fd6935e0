import type { KafkajsNewTopic } from './kafkajs.ts';
import type { WantedTopic } from './topics.ts';

/** A topic as a request to create it has it. */
export function newTopic({ name, partitions, copies, configs }: WantedTopic): KafkajsNewTopic {
  return {
    topic: name,
    numPartitions: partitions,
    replicationFactor: copies,
    configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  };
}
