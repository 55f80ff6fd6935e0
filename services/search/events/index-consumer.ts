/** A consumer whose events change the index: many of them in one request, and waiting where they are while the index is away. */
import { InvalidEventError, readCloudEvent, typeOf } from '#chassis/events/cloud-event.ts';
import { type ConsumerTools, createConsumer, type Outcome } from '#chassis/kafka/consumer.ts';
import type { IncomingEvent } from '#chassis/kafka/incoming-event.ts';
import type { Worker } from '#chassis/service.ts';
import type { DataOf, EventType } from '#contracts/events/event-type.ts';
import { consumerGroup } from '#contracts/topics.ts';
import { IndexOutageError, type ProductIndex, RefusedChangeError } from '../domain/product-index.ts';
import type { LagMetrics } from './lag.ts';

export interface IndexTools {
  readonly index: ProductIndex;
  readonly lag: LagMetrics;
}

/** A type of event, and the change that it tells of. */
export interface Reader<Change> {
  readonly type: EventType;
  read(event: IncomingEvent): { readonly change: Change; readonly time: Date };
}

/** Pairs a type with its change. */
export function on<Type extends EventType, Change>(
  type: Type,
  toChange: (data: DataOf<Type>) => Change,
): Reader<Change> {
  return {
    type,
    read: (incoming) => {
      const { data, time } = readCloudEvent(type, incoming);
      return { change: toChange(data), time };
    },
  };
}

export interface IndexConsumerOptions<Change> {
  readonly purpose: string;
  readonly readers: readonly Reader<Change>[];
  /** Of all consumers together fewer than there are connections to a node: a search finds one free. */
  readonly partitionsAtOnce: number;
  /** Resolves with whether each change was news, in order. Fails as a whole. */
  readonly write: (changes: readonly Change[]) => Promise<readonly boolean[]>;
}

/** They need no inbox: every event carries a whole state, and the index compares versions. */
export function createIndexConsumer<Change>(
  { purpose, readers, partitionsAtOnce, write }: IndexConsumerOptions<Change>,
  { index, lag }: IndexTools,
  consumerTools: ConsumerTools,
): Worker {
  let isReady = false;
  const apply = async (events: readonly IncomingEvent[]): Promise<ReadonlyMap<string, Outcome>> => {
    const known = events.flatMap((event) => {
      const name = typeOf(event);
      const reader = readers.find(({ type }) => type.type === name);
      return reader === undefined ? [] : [{ ...reader.read(event), event }];
    });
    const outcomes = new Map<string, Outcome>(events.map(({ offset }) => [offset, 'ignored']));
    if (known.length === 0) return outcomes;
    if (!isReady) await index.prepare();
    isReady = true;
    const isNews = await write(known.map(({ change }) => change));
    for (const [position, { event, time }] of known.entries()) {
      lag.observe(event.topic, time);
      outcomes.set(event.offset, isNews[position] === true ? 'handled' : 'skipped');
    }
    return outcomes;
  };
  return createConsumer(
    {
      group: consumerGroup('search', purpose),
      topics: [...new Set(readers.map(({ type }) => type.topic))],
      partitionsAtOnce,
      // One request for many: an index takes a hundred documents in little more time than one.
      handleAhead: (events) => apply(events),
      handle: async (event) => (await apply([event])).get(event.offset) ?? 'ignored',
      isPermanent: (error) => error instanceof InvalidEventError || error instanceof RefusedChangeError,
      isOutage: (error) => {
        if (!(error instanceof IndexOutageError)) return false;
        // Somebody may have deleted it: it is looked for again.
        isReady = false;
        return true;
      },
    },
    consumerTools,
  );
}
