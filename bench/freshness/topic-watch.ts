import { topics } from '#contracts/topics.ts';
import type { TappedKafka } from '../rig/shop/tapped-kafka.ts';
import type { Change } from './changing-product.ts';
import { Sightings } from './sightings.ts';

/** A consumer that notes when each version of a product is in the topic. */
export interface TopicWatch extends AsyncDisposable {
  /** When the event was there; undefined when it does not come. */
  arrival(change: Pick<Change, 'id' | 'version'>): Promise<number | undefined>;
}

/** Reads the topic from its beginning. The broker answers as soon as there is one event (`minBytes` of kafkajs is 1). */
export async function watchTopic({ client }: Pick<TappedKafka, 'client'>): Promise<TopicWatch> {
  const sightings = new Sightings();
  // The longest wait of an answer without events: how long the end of the bench takes.
  const consumer = client.kafka.consumer({
    groupId: 'bench-freshness',
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.product.name], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const at = performance.now();
      const { product } = JSON.parse(message.value?.toString() ?? '');
      sightings.see(keyOf(product), at);
    },
  });
  return {
    arrival: (change) => sightings.first(keyOf(change)),
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}

function keyOf({ id, version }: Pick<Change, 'id' | 'version'>): string {
  return `${id} ${version}`;
}
