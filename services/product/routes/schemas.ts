/** The wire format of the catalogue. */
import { z } from 'zod';
import { cursorParameter, integerParameter, limitParameter, listParameter } from '#chassis/http/parameters.ts';
import { amountMinorSchema, currencySchema, maximumAmountMinor } from '#contracts/money.ts';
import { maximumLevels } from '../domain/category.ts';
import { isUuid } from '../domain/keys.ts';
import { productSorts, productStatuses } from '../domain/product.ts';

const slug = z
  .string()
  .min(1)
  .max(96)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be words of a-z and 0-9 joined by hyphens')
  // Where either is accepted, such a text is taken for an id.
  .refine((text) => !isUuid(text), 'must not look like an id')
  .meta({ description: 'Part of the public address; unique, and not a UUID.' });

const sku = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", "-"')
  .meta({ description: 'Stock keeping unit; unique.' });

/** One line that says something: no control characters, not only blanks. */
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    // Two patterns that each look at a character once; one with both rules would take quadratic time to say no.
    .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')
    .regex(/\S/, 'must have something on it');

const price = z
  .strictObject({
    currency: currencySchema,
    amountMinor: amountMinorSchema,
    compareAtMinor: amountMinorSchema
      .optional()
      .meta({ description: 'Price before the reduction; higher than `amountMinor`.' }),
  })
  .refine(({ amountMinor, compareAtMinor }) => compareAtMinor === undefined || compareAtMinor > amountMinor, {
    path: ['compareAtMinor'],
    message: 'must be higher than amountMinor',
  })
  .meta({ id: 'Price' });

const prices = z
  .array(price)
  .min(1)
  .max(50)
  .refine((list) => new Set(list.map((entry) => entry.currency)).size === list.length, 'must name each currency once')
  .meta({ description: 'One price per currency.' });

const attributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 characters and start with a letter');
const attributeValue = z.union([z.string().max(1000), z.number(), z.boolean()]);

const attributes = z
  .record(attributeName, attributeValue)
  .refine((record) => Object.keys(record).length <= 50, 'must have at most 50 entries')
  .meta({ description: 'Free properties such as `material` or `weightGrams`; at most 50.' });

const status = z.enum(productStatuses).meta({ description: 'Only `active` products are shown to customers.' });

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
  })
  .meta({ id: 'NewProduct' });

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

const storedAmount = z.int().min(0).max(maximumAmountMinor);

export const productSchema = z
  .strictObject({
    id: z.uuid(),
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    status,
    categoryId: z.uuid().nullable(),
    sku: z.string(),
    prices: z.array(
      z
        .strictObject({ currency: z.string(), amountMinor: storedAmount, compareAtMinor: storedAmount.optional() })
        .meta({
          id: 'StoredPrice',
        }),
    ),
    attributes: z.record(z.string(), attributeValue),
    version: z.int().min(1).meta({ description: 'Grows by one with each change; the ETag names it.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Product' });

const pageMembers = {
  nextCursor: z
    .string()
    .nullable()
    .meta({ description: 'Send it as `cursor` for the next page; null: this is the last.' }),
  totalCount: z.int().optional().meta({ description: 'Only with `count=exact`.' }),
};

const countParameter = z
  .enum(['none', 'exact'])
  .default('none')
  .meta({ description: '`exact` adds `totalCount`, at the price of a scan.' });

export const productPageSchema = z
  .strictObject({ items: z.array(productSchema), ...pageMembers })
  .meta({ id: 'ProductPage' });

export const listProductsQuery = z
  .strictObject({
    limit: limitParameter,
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

function needsCurrency(query: { sort: string; minPrice?: number | undefined; maxPrice?: number | undefined }): boolean {
  return query.sort.endsWith('price') || query.minPrice !== undefined || query.maxPrice !== undefined;
}

const keyText = z.string().min(1).max(96);

export const idOrSlugParams = z.strictObject({ idOrSlug: keyText.meta({ description: 'Id or slug.' }) });
export const idParams = z.strictObject({ id: z.uuid() });

const categoryFields = {
  slug,
  name: line(120),
  parentId: z.uuid().nullable().meta({ description: 'Null: at the top.' }),
  position: z.int().min(-1_000_000).max(1_000_000).meta({ description: 'Order among siblings.' }),
};

export const newCategorySchema = z
  .strictObject({
    ...categoryFields,
    parentId: categoryFields.parentId.default(null),
    position: categoryFields.position.default(0),
  })
  .meta({ id: 'NewCategory' });

export const categoryPatchSchema = z
  .strictObject(categoryFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'CategoryPatch' });

const categoryMembers = {
  id: z.uuid(),
  parentId: z.uuid().nullable(),
  slug: z.string(),
  name: z.string(),
  position: z.int(),
  version: z.int().min(1),
};

export const categorySchema = z.strictObject(categoryMembers).meta({ id: 'Category' });

export const categoryPageSchema = z
  .strictObject({ items: z.array(categorySchema), ...pageMembers })
  .meta({ id: 'CategoryPage' });

export const listCategoriesQuery = z.strictObject({
  limit: limitParameter,
  cursor: cursorParameter.optional(),
  parent: keyText.optional().meta({ description: 'Id or slug: only the children of this category.' }),
  level: integerParameter(1, maximumLevels)
    .optional()
    .meta({ description: 'Only this level of the tree; 1: the top.' }),
  count: countParameter,
});
