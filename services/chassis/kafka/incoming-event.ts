/** An event as it arrived. */
import type { KafkaMessage } from 'kafkajs';

export interface IncomingEvent {
  /** Of the header `ce_id`; without one, the place of the event, which is as lasting. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly time: Date;
  /** As bytes: what is passed on must be what came, readable or not. */
  readonly raw: { readonly key: Buffer | null; readonly value: Buffer | null };
}

/** Headers that a consumer adds to what it passes on. */
export const forwardHeaders = {
  error: 'x-error',
  /** Of the place in the code where it failed, without line numbers: letters of one defect have the same. */
  stackHash: 'x-stack-hash',
  attempts: 'x-attempts',
  originalTopic: 'x-original-topic',
  originalPartition: 'x-original-partition',
  originalOffset: 'x-original-offset',
  firstFailedAt: 'x-first-failed-at',
  /** The event is not tried again before this time. */
  notBefore: 'x-not-before',
  consumerGroup: 'x-consumer-group',
  /** The value was too large to be passed on with its reason; it had so many bytes. */
  droppedBytes: 'x-dropped-value-bytes',
  /** It was given up before, and somebody has played it back then. */
  replayedAt: 'x-replayed-at',
} as const;

/** Reads a message; never fails, whatever is in it. */
export function toIncomingEvent(topic: string, partition: number, message: KafkaMessage): IncomingEvent {
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name, first.toString()]];
    }),
  );
  const place = {
    topic: headers[forwardHeaders.originalTopic] ?? topic,
    partition: headers[forwardHeaders.originalPartition] ?? partition,
    offset: headers[forwardHeaders.originalOffset] ?? message.offset,
  };
  return {
    id: headers['ce_id'] ?? `${place.topic}/${place.partition}/${place.offset}`,
    topic,
    partition,
    offset: message.offset,
    key: message.key?.toString() ?? '',
    value: message.value?.toString() ?? '',
    headers,
    time: new Date(Number(message.timestamp)),
    raw: { key: message.key, value: message.value },
  };
}
