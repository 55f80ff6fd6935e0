/** The events that tell of a changed product, from what its statement returned. */
import { type NewEvent, newEvent } from '#chassis/events/cloud-event.ts';
import {
  type PriceChange,
  type ProductState,
  productCreated,
  productDeleted,
  productPriceChanged,
  productUpdated,
} from '#contracts/events/product.ts';

interface WithJson {
  readonly json: string;
}

/** Prices of the product's variants before the change, by the same SQL as those after it. */
export interface PricesBefore {
  readonly pricesBefore: readonly { readonly id: string; readonly prices: ProductState['prices'] }[];
}

/** An event has at most 512 KiB, and the product is in it as well. */
const mostChanges = 500;

export function createdEvents({ json }: WithJson): readonly NewEvent[] {
  return [newEvent(productCreated, { product: parseProduct(json) })];
}

/** Also of a restored product, whose prices are what they were. */
export function updatedEvents(row: WithJson & Partial<PricesBefore>): readonly NewEvent[] {
  const product = parseProduct(row.json);
  const updated = newEvent(productUpdated, { product });
  const before = new Map((row.pricesBefore ?? []).map(({ id, prices }) => [id, prices]));
  const changes = variantsOf(product).flatMap((variant) => priceChanges(variant, before.get(variant.id)));
  if (changes.length === 0) return [updated];
  const previousPrices = before.get(variantsOf(product)[0]?.id ?? '') ?? product.prices;
  const told = changes.length > mostChanges ? {} : { changes };
  return [updated, newEvent(productPriceChanged, { product, previousPrices, ...told })];
}

export function deletedEvents(row: {
  readonly id: string;
  readonly version: number;
  readonly deletedAt: string;
}): readonly NewEvent[] {
  const { id, version, deletedAt } = row;
  return [newEvent(productDeleted, { id, version, deletedAt })];
}

type VariantState = NonNullable<ProductState['variants']>[number];

function variantsOf({ variants = [] }: ProductState): readonly VariantState[] {
  return variants;
}

/** One entry per currency whose price is another one; a variant that was not there before changes nothing. */
function priceChanges(
  { id, sku, prices }: VariantState,
  before: ProductState['prices'] | undefined,
): readonly PriceChange[] {
  if (before === undefined) return [];
  const currencies = new Set([...before, ...prices].map(({ currency }) => currency));
  return [...currencies].toSorted().flatMap((currency) => {
    const [old, present] = [before, prices].map((list) => list.find((price) => price.currency === currency));
    if (old?.version === present?.version) return [];
    return [{ variantId: id, sku, currency, before: old ?? null, after: present ?? null }];
  });
}

/** Availability is the inventory's to tell, and changes without the product. */
function parseProduct(json: string): ProductState {
  const product = JSON.parse(json) as ProductState; // the outbox checks it
  return { ...product, variants: variantsOf(product).map(({ availability: _availability, ...variant }) => variant) };
}
