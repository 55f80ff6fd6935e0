/** What a change of stock means for the index. */
import { z } from 'zod';
import { InvalidEventError } from '#chassis/events/cloud-event.ts';
import type { ConsumerTools } from '#chassis/kafka/consumer.ts';
import type { Worker } from '#chassis/service.ts';
import { availabilities } from '#contracts/availability.ts';
import { type StockState, stockChanged } from '#contracts/events/inventory.ts';
import type { StockChange } from '../domain/product-index.ts';
import { createIndexConsumer, type IndexTools, on } from './index-consumer.ts';

const wordSchema = z.enum(availabilities);

function toChange({ sku, version, availability: word }: StockState): StockChange {
  const { data: availability } = wordSchema.safeParse(word);
  if (availability === undefined)
    throw new InvalidEventError(`the availability ${JSON.stringify(word)} is none of ${availabilities.join(', ')}`);
  return { sku, version, availability };
}

/** Few change a word that is shown. */
const partitionsAtOnce = 3;

/** Keeps the availability of the products in the index up to date. */
export function createStockConsumer(tools: IndexTools, consumerTools: ConsumerTools): Worker {
  const readers = [on(stockChanged, ({ stock }) => toChange(stock))];
  const write = (changes: readonly StockChange[]) => tools.index.writeStock(changes);
  return createIndexConsumer({ purpose: 'stock', readers, partitionsAtOnce, write }, tools, consumerTools);
}
