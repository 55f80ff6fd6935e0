/** What a change of stock means for the catalogue: products show whether they can be had. */
import { z } from 'zod';
import { InvalidEventError, readCloudEvent, typeOf } from '#chassis/events/cloud-event.ts';
import { type ConsumerTools, createConsumer, type Outcome } from '#chassis/kafka/consumer.ts';
import type { IncomingEvent } from '#chassis/kafka/incoming-event.ts';
import type { Database } from '#chassis/postgres/database.ts';
import { isTransient } from '#chassis/postgres/errors.ts';
import type { Worker } from '#chassis/service.ts';
import { availabilities } from '#contracts/availability.ts';
import { stockChanged } from '#contracts/events/inventory.ts';
import { consumerGroup } from '#contracts/topics.ts';
import { type ToldAvailability, tellAvailability } from '../store/availability.ts';

const stateSchema = z.enum(availabilities);

/**
 * Keeps what is shown of each SKU up to date. No inbox: an event is a whole state with a version, and one that comes twice or too
 * late changes nothing. Stock changes with every order, and a row for each event of four weeks would be the largest table.
 */
export function createStockConsumer(
  database: Pick<Database, 'transaction' | 'hasWaiters'>,
  tools: ConsumerTools,
): Worker {
  const apply = async (events: readonly IncomingEvent[]): Promise<ReadonlyMap<string, Outcome>> => {
    const changes = events.filter((event) => typeOf(event) === stockChanged.type);
    const outcomes = new Map<string, Outcome>(events.map(({ offset }) => [offset, 'ignored']));
    if (changes.length === 0) return outcomes;
    const told = changes.map(readAvailability);
    const isNews = await database.transaction((transaction) => tellAvailability(transaction, told));
    for (const [index, { offset }] of changes.entries())
      outcomes.set(offset, isNews[index] === true ? 'handled' : 'skipped');
    return outcomes;
  };
  return createConsumer(
    {
      group: consumerGroup('product', 'availability'),
      topics: [stockChanged.topic],
      // One transaction for many; fails as a whole.
      handleAhead: (events) => apply(events),
      handle: async (event) => (await apply([event])).get(event.offset) ?? 'ignored',
      isPermanent: (error) => error instanceof InvalidEventError,
      isOutage: isTransient,
      isBusy: () => database.hasWaiters(),
    },
    tools,
  );
}

function readAvailability(event: IncomingEvent): ToldAvailability {
  const { sku, availability: word, version } = readCloudEvent(stockChanged, event).data.stock;
  const { data: state } = stateSchema.safeParse(word);
  if (state === undefined)
    throw new InvalidEventError(`the availability ${JSON.stringify(word)} is none of ${availabilities.join(', ')}`);
  return { sku, state, version };
}
