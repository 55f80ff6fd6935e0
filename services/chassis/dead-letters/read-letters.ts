/** Reads a dead-letter topic from where it was left to the end that it has now, once. */
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { KafkaClient } from '../kafka/client.ts';
import { type IncomingEvent, toIncomingEvent } from '../kafka/incoming-event.ts';

export interface Reading {
  readonly topic: string;
  /** Reads on from its place, or from the oldest on without one; nobody else may read with it meanwhile. */
  readonly group: string;
  /** Whether the group's place is moved on. */
  readonly keepsPlace: boolean;
  readonly visit: (event: IncomingEvent) => Promise<void>;
}

/** Without any event for so long the reading fails: brokers are away, or a crashed reader's session is not over. */
const patienceMs = 60_000;

/** A place is kept after the events before it were visited: after a crash some are visited again, none is left out. */
export async function readLetters({ kafka }: KafkaClient, reading: Reading): Promise<void> {
  const { topic, group } = reading;
  const ranges = await rangesOf(kafka, reading);
  if (ranges.size === 0) return;
  const consumer = kafka.consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: async () => false },
  });
  const end = Promise.withResolvers<void>();
  const patience = setTimeout(
    () => end.reject(new Error(`no event of ${topic} came within ${patienceMs} ms`)),
    patienceMs,
  );
  consumer.on('consumer.crash', ({ payload }) => end.reject(payload.error));
  consumer.on('consumer.group_join', ({ payload }) => {
    const own = payload.memberAssignment[topic] ?? [];
    // With half of the partitions neither would come to an end.
    if ([...ranges.keys()].some((partition) => !own.includes(partition))) end.reject(new OthersError(topic));
  });
  const visitBatch = async (payload: EachBatchPayload) => {
    patience.refresh();
    try {
      if (await readBatch(payload, { reading, ranges, consumer })) end.resolve();
    } catch (error) {
      end.reject(isRebalance(error) ? new OthersError(topic) : error);
    }
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: visitBatch });
    await end.promise;
  } finally {
    clearTimeout(patience);
    await consumer.disconnect();
  }
}

class OthersError extends Error {
  override readonly name = 'OthersError';

  constructor(topic: string) {
    super(`${topic} is being read by another replay of this service; try again when it has ended`);
  }
}

/** Somebody joins the group while we read. */
function isRebalance(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'REBALANCE_IN_PROGRESS';
}

interface Range {
  readonly from: bigint;
  /** First offset that is not read any more. */
  readonly to: bigint;
}

async function rangesOf(kafka: KafkaClient['kafka'], reading: Reading): Promise<Map<number, Range>> {
  const { topic, group } = reading;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    const [kept] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const places = new Map(kept?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    const ranges = offsets.map(({ partition, low, high }): [number, Range] => {
      const place = places.get(partition) ?? 0n;
      // What was left may be gone by its age.
      return [partition, { from: place > BigInt(low) ? place : BigInt(low), to: BigInt(high) }];
    });
    return new Map(ranges.filter(([, { from, to }]) => from < to));
  } finally {
    await admin.disconnect();
  }
}

interface Progress {
  readonly reading: Reading;
  /** What is left, by partition. */
  readonly ranges: Map<number, Range>;
  readonly consumer: Consumer;
}

/** Whether it was the last one. */
async function readBatch(payload: EachBatchPayload, { reading, ranges, consumer }: Progress): Promise<boolean> {
  const { batch, heartbeat, resolveOffset } = payload;
  const { topic, partition } = batch;
  const range = ranges.get(partition);
  if (range === undefined) return false;
  for (const message of batch.messages) {
    const offset = BigInt(message.offset);
    if (offset >= range.from && offset < range.to) await reading.visit(toIncomingEvent(topic, partition, message));
    resolveOffset(message.offset);
    await heartbeat();
  }
  const next = BigInt(batch.lastOffset()) + 1n;
  const place = next < range.to ? next : range.to;
  if (reading.keepsPlace) await consumer.commitOffsets([{ topic, partition, offset: String(place) }]);
  if (next >= range.to) ranges.delete(partition);
  return ranges.size === 0;
}
