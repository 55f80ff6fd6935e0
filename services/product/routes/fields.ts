/** Fields of the catalogue's wire format that several operations have. */

import { z } from 'zod';
import { shownAvailabilities } from '#contracts/availability.ts';
import { amountMinorSchema, currencySchema, maximumAmountMinor } from '#contracts/money.ts';
import { isUuid } from '../domain/keys.ts';
import { maximumOptions, maximumVariants, productStatuses } from '../domain/product.ts';

export const slug = z
  .string()
  .min(1)
  .max(96)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be words of a-z and 0-9 joined by hyphens')
  // Where either is accepted, such a text is taken for an id.
  .refine((text) => !isUuid(text), 'must not look like an id')
  .meta({ description: 'Part of the public address; unique, and not a UUID.' });

export const sku = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", "-"')
  .meta({ description: 'Stock keeping unit; unique.' });

const priceFields = {
  currency: currencySchema,
  amountMinor: amountMinorSchema,
  compareAtMinor: amountMinorSchema
    .optional()
    .meta({ description: 'Price before the reduction; higher than `amountMinor`.' }),
};

interface Reduced {
  readonly amountMinor: number;
  readonly compareAtMinor?: number | undefined;
}

const isReduction = ({ amountMinor, compareAtMinor }: Reduced): boolean =>
  compareAtMinor === undefined || compareAtMinor > amountMinor;
const reductionFault = { path: ['compareAtMinor'], message: 'must be higher than amountMinor' };

const price = z.strictObject(priceFields).refine(isReduction, reductionFault).meta({ id: 'Price' });

export const prices = z
  .array(price)
  .min(1)
  .max(50)
  .refine((list) => new Set(list.map((entry) => entry.currency)).size === list.length, 'must name each currency once')
  .meta({ description: 'One price per currency.' });

export const attributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 characters and start with a letter');
export const attributeValue = z.union([z.string().max(1000), z.number(), z.boolean()]);

export const attributes = z
  .record(attributeName, attributeValue)
  .refine((record) => Object.keys(record).length <= 50, 'must have at most 50 entries')
  .meta({ description: 'Free properties such as `material` or `weightGrams`; at most 50.' });

export const status = z.enum(productStatuses).meta({ description: 'Only `active` products are shown to customers.' });

const optionText = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')
  .regex(/\S/, 'must have something on it');

export const optionNames = z
  .array(attributeName)
  .max(maximumOptions)
  .refine((names) => new Set(names).size === names.length, 'must name each option once')
  .meta({
    description: 'What tells the variants apart, such as `colour` and `size`; none where there is one variant.',
  });

const optionValues = z
  .record(attributeName, optionText)
  .refine((record) => Object.keys(record).length <= maximumOptions, `must have at most ${maximumOptions} entries`)
  .meta({ description: 'A value for each option of the product; no other variant has the same values.' });

const variantFields = {
  sku,
  options: optionValues,
  barcode: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be 1 to 64 characters of A-Z, a-z, 0-9, "-"')
    .nullable()
    .meta({ description: 'GTIN or another code on the package.' }),
  weightGrams: z.int().min(0).max(10_000_000).nullable(),
  prices,
};

export const newVariantSchema = z
  .strictObject({
    ...variantFields,
    options: variantFields.options.default({}),
    barcode: variantFields.barcode.default(null),
    weightGrams: variantFields.weightGrams.default(null),
  })
  .meta({ id: 'NewVariant' });

export const variantPatchSchema = z
  .strictObject(variantFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'VariantPatch' });

export const newVariants = z
  .array(newVariantSchema)
  .min(1)
  .max(maximumVariants)
  .refine((list) => new Set(list.map((variant) => variant.sku)).size === list.length, 'must name each SKU once')
  .refine(
    (list) => new Set(list.map(({ options }) => optionsKey(options))).size === list.length,
    'must have other options in each variant',
  )
  .meta({ description: 'The first one is the default.' });

/** The same text for the same values. */
function optionsKey(options: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(options).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** Each variant has a value for each option and no other. */
export function requireCompleteOptions(
  set: { readonly options: readonly string[]; readonly variants?: readonly { readonly options: object }[] | undefined },
  context: z.RefinementCtx,
): void {
  const names = JSON.stringify(set.options.toSorted());
  for (const [index, { options }] of (set.variants ?? []).entries()) {
    if (JSON.stringify(Object.keys(options).toSorted()) === names) continue;
    const message = 'must name each option of the product and no other';
    context.addIssue({ code: 'custom', path: ['variants', index, 'options'], message, input: options });
  }
}

export const variantSetSchema = z
  .strictObject({ options: optionNames.default([]), variants: newVariants })
  .superRefine(requireCompleteOptions)
  .meta({ id: 'VariantSet' });

const time = z.iso.datetime({ offset: true });

const timedPrice = z
  .strictObject({
    ...priceFields,
    validFrom: time,
    validTo: time.nullable().default(null).meta({ description: 'Null: until further notice.' }),
  })
  .refine(isReduction, reductionFault)
  .refine(({ validFrom, validTo }) => validTo === null || Date.parse(validTo) > Date.parse(validFrom), {
    path: ['validTo'],
    message: 'must be later than validFrom',
  })
  .meta({ id: 'TimedPrice' });

export const timedPricesSchema = z
  .strictObject({
    prices: z
      .array(timedPrice)
      .max(200)
      .meta({ description: 'At no time two in one currency; the variant has a regular price in each of them.' }),
  })
  .meta({ id: 'TimedPrices' });

const storedAmount = z.int().min(0).max(maximumAmountMinor);
const storedPriceFields = {
  currency: z.string(),
  amountMinor: storedAmount,
  compareAtMinor: storedAmount.optional(),
};

export const storedTimedPricesSchema = z
  .strictObject({
    prices: z.array(
      z
        .strictObject({
          ...storedPriceFields,
          validFrom: z.iso.datetime(),
          validTo: z.iso.datetime().nullable(),
          state: z.enum(['waiting', 'applied', 'over']).meta({ description: '`applied`: in force.' }),
        })
        .meta({ id: 'StoredTimedPrice' }),
    ),
  })
  .meta({ id: 'StoredTimedPrices' });

export const storedPrices = z.array(
  z
    .strictObject({
      ...storedPriceFields,
      version: z
        .int()
        .min(1)
        .meta({ description: 'Another one after each change of the amounts, also when a timed price begins or ends.' }),
    })
    .meta({ id: 'StoredPrice' }),
);

export const storedVariantMembers = {
  id: z.uuid(),
  sku: z.string(),
  options: z.record(z.string(), z.string()),
  barcode: z.string().nullable(),
  weightGrams: z.int().nullable(),
  prices: storedPrices.meta({ description: 'Prices in force.' }),
  availability: z
    .enum(shownAvailabilities)
    .meta({ description: 'Whether it can be bought; `unknown`: the inventory has not told.' }),
};

/** Pictures of a product. */
export const mediaSchema = z
  .strictObject({
    media: z
      .array(
        z
          .strictObject({
            url: z
              .url({ protocol: /^https$/ })
              .max(2048)
              .optional()
              .meta({ description: 'Where the picture is, if it was not uploaded here.' }),
            fileId: z.uuid().optional().meta({ description: 'The id that the upload answered.' }),
            alt: z
              .string()
              .max(300)
              .meta({ description: 'What it shows, for who cannot see it; empty for decoration.' }),
          })
          .refine(({ url, fileId }) => (url === undefined) !== (fileId === undefined), 'must have either url or fileId')
          .meta({ id: 'NewMedia' }),
      )
      .max(50),
  })
  .meta({ id: 'MediaList' });

export const storedMedia = z.array(z.strictObject({ url: z.string(), alt: z.string() }).meta({ id: 'Media' }));
