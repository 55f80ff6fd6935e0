import { deadLetterTopic, retryTopics, shopTopics, type Topic } from '#contracts/topics.ts';
import type { TappedKafka } from './tapped-kafka.ts';

/** Creates every topic of the shop, with those that follow it, as the operator does for the profile Development. */
export async function createShopTopics(kafka: Pick<TappedKafka, 'createTopics'>): Promise<void> {
  const names = ({ name }: Topic) => [name, ...retryTopics(name).map((retry) => retry.name), deadLetterTopic(name)];
  await kafka.createTopics(
    shopTopics.flatMap((one) => names(one).map((topic) => ({ topic, partitions: one.partitions.Development }))),
  );
}
