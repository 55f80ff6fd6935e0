/** How offers come out of what the product service says, in answers and in events: the only file that knows its forms. */
import { z } from 'zod';
import type { Neighbour } from '#chassis/neighbours/neighbour.ts';
import type { ProductState } from '#contracts/events/product.ts';
import type { Offer, OfferPrice, VariantRef } from '../domain/offer.ts';

/** Most ids of one question, as the product service allows. */
const batchSize = 100;

/** The parts of `GET /api/v1/variants` that we read; the rest may change. */
const listSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      id: z.uuid(),
      sku: z.string(),
      options: z.record(z.string(), z.string()),
      prices: z.array(
        z.looseObject({ currency: z.string(), amountMinor: z.int().min(0), version: z.int().min(1).optional() }),
      ),
      product: z.looseObject({ id: z.uuid(), title: z.string(), status: z.string(), version: z.int().min(1) }),
    }),
  ),
});

type ListedVariant = z.output<typeof listSchema>['items'][number];

/** What the variants of a product offer. In events of releases before variants a product has one, with its own id. */
export function toOffers(product: ProductState): readonly Offer[] {
  const { id, sku, prices, variants = [{ id, sku, prices, options: {} }] } = product;
  return variants.map((variant) => toOffer({ ...variant, product }));
}

function toOffer({ id, sku, options, prices, product }: ListedVariant): Offer {
  const toPrice = ({ amountMinor, version = product.version }: ListedVariant['prices'][number]): OfferPrice => ({
    amountMinor,
    version,
  });
  return {
    variantId: id,
    productId: product.id,
    version: product.version,
    isForSale: product.status === 'active',
    sku,
    title: product.title,
    options,
    prices: Object.fromEntries(prices.map((price) => [price.currency, toPrice(price)])),
  };
}

/** What stands for a variant that is not sold any more: it keeps out older offers. */
export function goneOffer(variantId: string, { id, version }: Pick<ProductState, 'id' | 'version'>): Offer {
  const nothing = { isForSale: false, sku: '', title: '', options: {}, prices: {} };
  return { variantId, productId: id, version, ...nothing };
}

/** Asks for offers, up to 100 variants at a time. What is not there (any more) has none. Throws `NeighbourError`. */
export async function fetchOffers(
  product: Pick<Neighbour, 'get'>,
  refs: readonly VariantRef[],
): Promise<ReadonlyMap<string, Offer>> {
  const ids = [...new Set(refs.map(({ variantId }) => variantId))];
  const batches = Array.from({ length: Math.ceil(ids.length / batchSize) }, (_, index) =>
    ids.slice(index * batchSize, (index + 1) * batchSize),
  );
  const lists = await Promise.all(
    batches.map((batch) => product.get(`/api/v1/variants?ids=${batch.join(',')}`, listSchema)),
  );
  return new Map(lists.flatMap(({ items }) => items.map(toOffer)).map((offer) => [offer.variantId, offer]));
}
