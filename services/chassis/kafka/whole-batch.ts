/** A batch counts as stored when the brokers have acknowledged every part of it. */
import {
  CompressionTypes,
  type ICustomPartitioner,
  Partitioners,
  type Producer,
  type RecordMetadata,
  type TopicMessages,
} from 'kafkajs';

/**
 * Remembers which partition each message was meant for. kafkajs 2.2.4 sends one request per leader and repeats what
 * failed, but never asks a broker again that has answered in the same send (tulios/kafkajs#1303): where a partition has
 * moved to such a broker meanwhile, its messages are left out, and the send succeeds all the same.
 */
export class Destinations {
  readonly #partitions = new WeakMap<object, number>();

  /** For the producer whose batches are asked for here: places messages as every client of Kafka does, by their keys. */
  readonly createPartitioner: ICustomPartitioner = () => {
    const choose = Partitioners.DefaultPartitioner();
    return (args) => {
      const partition = choose(args);
      this.#partitions.set(args.message, partition);
      return partition;
    };
  };

  /** The messages of a sent batch that no answer tells of. */
  unanswered(batch: readonly TopicMessages[], answers: readonly RecordMetadata[]): readonly TopicMessages[] {
    const answered = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
    return batch
      .map(({ topic, messages }) => ({
        topic,
        messages: messages.filter((message) => !answered.has(`${topic}/${this.#partitions.get(message)}`)),
      }))
      .filter(({ messages }) => messages.length > 0);
  }
}

/** Sends a batch, and what kafkajs has left out of it again. Rejects when a repetition brings nothing. */
export async function sendWhole(
  producer: Pick<Producer, 'sendBatch'>,
  destinations: Pick<Destinations, 'unanswered'>,
  batch: readonly TopicMessages[],
): Promise<void> {
  let rest = batch;
  while (rest.length > 0) {
    const answers = await producer.sendBatch({
      topicMessages: [...rest],
      acks: -1,
      compression: CompressionTypes.GZIP,
      timeout: 5000,
    });
    const left = destinations.unanswered(rest, answers);
    if (countMessages(left) === countMessages(rest)) {
      throw new Error(`kafka acknowledged none of ${countMessages(rest)} events`);
    }
    rest = left;
  }
}

function countMessages(batch: readonly TopicMessages[]): number {
  return batch.reduce((sum, { messages }) => sum + messages.length, 0);
}
