/** Handles events of the product service. */
import { type EventHandler, onEvent } from '#chassis/inbox/event-consumer.ts';
import { type ProductState, productCreated, productUpdated } from '#contracts/events/product.ts';
import { ensureKnown } from '../store/levels.ts';

/**
 * Every SKU that products have has a level, with nothing on it at first. The order of events does not matter: a SKU that a product
 * had once keeps its stock, for it still lies somewhere.
 */
export const productHandlers: readonly EventHandler[] = [productCreated, productUpdated].map((type) =>
  onEvent(type, (transaction, { data }) => ensureKnown(transaction, skusOf(data.product))),
);

/** Events of releases before variants know the one that the product has. */
function skusOf({ sku, variants = [] }: ProductState): readonly string[] {
  return [sku, ...variants.map((variant) => variant.sku)];
}
