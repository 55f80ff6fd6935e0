/** The wire format of products. */
import { z } from 'zod';
import { cursorParameter, integerParameter, listParameter } from '#chassis/http/parameters.ts';
import { line } from '#chassis/http/texts.ts';
import { currencySchema, maximumAmountMinor } from '#contracts/money.ts';
import { productSorts, productStatuses } from '../domain/product.ts';
import {
  attributeName,
  attributes,
  attributeValue,
  newVariants,
  optionNames,
  prices,
  requireCompleteOptions,
  sku,
  slug,
  status,
  storedMedia,
  storedPrices,
  storedVariantMembers,
} from './fields.ts';
import { countParameter, pageMembers } from './page-schemas.ts';

const fields = {
  slug,
  title: line(200),
  description: z.string().max(10_000),
  status,
  categoryId: z.uuid().nullable().meta({ description: 'Null: in no category.' }),
  sku,
  prices,
  attributes,
};

export const newProductSchema = z
  .strictObject({
    ...fields,
    description: fields.description.default(''),
    status: fields.status.default('draft'),
    categoryId: fields.categoryId.default(null),
    attributes: fields.attributes.default({}),
    sku: fields.sku.optional(),
    prices: fields.prices.optional(),
    options: optionNames.default([]),
    variants: newVariants
      .optional()
      .meta({ description: 'Instead of `sku` and `prices`; the first one is the default.' }),
  })
  .superRefine(requireOneForm)
  .superRefine(requireCompleteOptions)
  .meta({ id: 'NewProduct' });

/** Either one variant, written as the product's own SKU and prices, or a list of them. */
function requireOneForm(
  product: { sku?: unknown; prices?: unknown; variants?: unknown },
  context: z.RefinementCtx,
): void {
  const isList = product.variants !== undefined;
  for (const name of ['sku', 'prices'] as const) {
    if (isList === (product[name] === undefined)) continue;
    const message = isList ? 'must not be there beside variants' : 'is required';
    context.addIssue({ code: 'custom', path: [name], message, input: product });
  }
}

export const productPatchSchema = z
  .strictObject({
    ...fields,
    attributes: z
      .record(attributeName, attributeValue.nullable())
      .refine((record) => Object.keys(record).length <= 50, 'must have at most 50 entries')
      .meta({ description: 'Merged into the present attributes; null removes one.' }),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'ProductPatch' });

export const productSchema = z
  .strictObject({
    id: z.uuid(),
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    status,
    categoryId: z.uuid().nullable(),
    sku: z.string().meta({ description: 'Of the default variant.' }),
    prices: storedPrices.meta({ description: 'Of the default variant.' }),
    attributes: z.record(z.string(), attributeValue),
    options: z.array(z.string()),
    variants: z
      .array(z.strictObject(storedVariantMembers).meta({ id: 'Variant' }))
      .min(1)
      .meta({
        description: 'The default variant first; it has the id of the product unless another one was put first.',
      }),
    media: storedMedia,
    version: z.int().min(1).meta({ description: 'Grows by one with each change; the ETag names it.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Product' });

export const productPageSchema = z
  .strictObject({ items: z.array(productSchema), ...pageMembers })
  .meta({ id: 'ProductPage' });

export const listProductsQuery = z
  .strictObject({
    limit: integerParameter(1, 100).optional().meta({
      description: 'Entries per page; default 20, and with `ids`, `variantIds` or `skus` as many as are named.',
    }),
    cursor: cursorParameter.optional(),
    sort: z.enum(productSorts).default('newest').meta({ description: 'Sorting by price needs `currency`.' }),
    category: z
      .string()
      .min(1)
      .max(96)
      .optional()
      .meta({ description: 'Id or slug; includes the categories below it.' }),
    status: z
      .enum([...productStatuses, 'any'])
      .default('active')
      .meta({ description: 'Others than `active` need a role of the staff.' }),
    ids: listParameter(z.uuid(), 100).optional(),
    variantIds: listParameter(z.uuid(), 100)
      .optional()
      .meta({ description: 'Products that have one of these variants; up to 100 values separated by commas.' }),
    skus: listParameter(sku, 100).optional(),
    currency: currencySchema.optional().meta({ description: 'Only products that have a price in it.' }),
    minPrice: integerParameter(0, maximumAmountMinor).optional().meta({ description: 'In minor units of `currency`.' }),
    maxPrice: integerParameter(0, maximumAmountMinor).optional().meta({ description: 'In minor units of `currency`.' }),
    count: countParameter,
  })
  .refine((query) => query.currency !== undefined || !needsCurrency(query), {
    path: ['currency'],
    message: 'is needed for prices and for sorting by price',
  });

export const variantsQuery = z.strictObject({ ids: listParameter(z.uuid(), 100) });

export const variantListSchema = z
  .strictObject({
    items: z.array(
      z
        .strictObject({
          ...storedVariantMembers,
          product: z.strictObject({
            id: z.uuid(),
            slug: z.string(),
            title: z.string(),
            status,
            version: z.int().min(1),
          }),
        })
        .meta({ id: 'ListedVariant' }),
    ),
  })
  .meta({ id: 'VariantList' });

function needsCurrency(query: { sort: string; minPrice?: number | undefined; maxPrice?: number | undefined }): boolean {
  return query.sort.endsWith('price') || query.minPrice !== undefined || query.maxPrice !== undefined;
}
