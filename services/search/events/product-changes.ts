/** What a change of a product means for the index. */
import type { ConsumerTools } from '#chassis/kafka/consumer.ts';
import type { Worker } from '#chassis/service.ts';
import { productCreated, productDeleted, productPriceChanged, productUpdated } from '#contracts/events/product.ts';
import type { ProductChange } from '../domain/product-index.ts';
import { createIndexConsumer, type IndexTools, on, type Reader } from './index-consumer.ts';

const readers: readonly Reader<ProductChange>[] = [
  ...[productCreated, productUpdated, productPriceChanged].map((type) =>
    on(type, ({ product }): ProductChange => ({ kind: 'put', product })),
  ),
  on(productDeleted, (product): ProductChange => ({ kind: 'remove', product })),
];

/**
 * Three requests for the events of a partition, one after the other: with 50 changes a second most of the time to the index was
 * spent waiting for other partitions (the bench freshness).
 */
const partitionsAtOnce = 6;

/** Keeps the products of the index up to date. */
export function createProductConsumer(tools: IndexTools, consumerTools: ConsumerTools): Worker {
  const write = (changes: readonly ProductChange[]) => tools.index.writeProducts(changes);
  return createIndexConsumer({ purpose: 'indexing', readers, partitionsAtOnce, write }, tools, consumerTools);
}
