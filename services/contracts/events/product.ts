/** Events of the product service, on `shop.product.v1`. */
import { z } from 'zod';
import { topics } from '../topics.ts';
import { eventType } from './event-type.ts';

const amountMinor = z.int().min(0);

/** Prices may be in a currency that a reader does not know yet. */
const price = z
  .looseObject({
    currency: z.string().regex(/^[A-Z]{3}$/),
    amountMinor,
    compareAtMinor: amountMinor.optional().meta({ description: 'Price before the reduction.' }),
    version: z.int().min(1).optional().meta({ description: 'Another one after each change of the amounts.' }),
  })
  .meta({ id: 'EventPrice' });

/** What is sold. Absent in events of releases before variants: then `sku` and `prices` of the product are those of the one that it has. */
const variant = z
  .looseObject({
    id: z.uuid(),
    sku: z.string(),
    options: z.record(z.string(), z.string()),
    barcode: z.string().nullable(),
    weightGrams: z.int().nullable(),
    prices: z.array(price).meta({ description: 'Prices in force.' }),
  })
  .meta({ id: 'EventVariant' });

const mediaItem = z.looseObject({ url: z.string(), alt: z.string() }).meta({ id: 'EventMedia' });

/** The whole product after the change: the topic is compacted, and the last event of a key must tell all. */
const product = z
  .looseObject({
    id: z.uuid(),
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    status: z.string().meta({ description: 'Only `active` products are shown to customers.' }),
    categoryId: z.uuid().nullable(),
    sku: z.string().meta({ description: 'Of the default variant.' }),
    prices: z.array(price).meta({ description: 'Of the default variant.' }),
    options: z.array(z.string()).optional().meta({ description: 'Names of the options that tell the variants apart.' }),
    variants: z.array(variant).optional().meta({ description: 'The default variant first.' }),
    media: z.array(mediaItem).optional(),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    version: z.int().min(1).meta({ description: 'Grows by one with each change.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'EventProduct' });

/** State of a product as events carry it. */
export type ProductState = z.output<typeof product>;

const priceChange = z
  .looseObject({
    variantId: z.uuid(),
    sku: z.string(),
    currency: z.string(),
    before: price.nullable().meta({ description: 'Null: there was no price in this currency.' }),
    after: price.nullable().meta({ description: 'Null: there is none any more.' }),
  })
  .meta({ id: 'EventPriceChange' });

/** A price of one variant and currency that is another one now. */
export type PriceChange = z.output<typeof priceChange>;

const common = { topic: topics.product.name, aggregate: 'product' } as const;
const ofProduct = {
  key: (data: { readonly product: ProductState }) => data.product.id,
  version: (data: { readonly product: ProductState }) => data.product.version,
};

export const productCreated = eventType({
  ...common,
  ...ofProduct,
  type: 'shop.product.created.v1',
  summary: 'A product was added.',
  schema: z.looseObject({ product }).meta({ id: 'ProductCreated' }),
});

export const productUpdated = eventType({
  ...common,
  ...ofProduct,
  type: 'shop.product.updated.v1',
  summary: 'A product was changed or restored; sent for every change, that of prices included.',
  schema: z.looseObject({ product }).meta({ id: 'ProductUpdated' }),
});

export const productPriceChanged = eventType({
  ...common,
  ...ofProduct,
  type: 'shop.product.price-changed.v1',
  summary: 'The prices of a product are others than before. Follows the `updated` of the same change.',
  schema: z
    .looseObject({
      product,
      previousPrices: z.array(price).meta({ description: 'Prices of the default variant before the change.' }),
      changes: z
        .array(priceChange)
        .optional()
        .meta({ description: 'What changed, by variant and currency; left out when it is more than 500.' }),
    })
    .meta({ id: 'ProductPriceChanged' }),
});

export const productDeleted = eventType({
  ...common,
  type: 'shop.product.deleted.v1',
  summary: 'A product was deleted. It may be restored: then `updated` follows with a higher version.',
  schema: z
    .looseObject({ id: z.uuid(), version: z.int().min(1), deletedAt: z.iso.datetime() })
    .meta({ id: 'ProductDeleted' }),
  key: ({ id }) => id,
  version: ({ version }) => version,
});
