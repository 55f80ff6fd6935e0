/** The wire format of the search. */
import { z } from 'zod';
import { booleanParameter, integerParameter, limitParameter, listParameter } from '#chassis/http/parameters.ts';
import { line } from '#chassis/http/texts.ts';
import { shownAvailabilities } from '#contracts/availability.ts';
import { currencySchema, maximumAmountMinor } from '#contracts/money.ts';
import { sorts } from '../domain/question.ts';
import { phases, rebuildStatuses } from '../domain/rebuild.ts';

/** Elasticsearch reads no further than 10,000 hits by number; a page has up to 100, and one more is read. */
const maximumOffset = 10_000 - 101;

const attributeName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const question = z.string().min(1).max(200).meta({ description: 'Words to look for. More than 16 are not read.' });

const cursorParameter = z
  .string()
  .min(1)
  // The id of a view is in it, and grows with the number of shards.
  .max(3000)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be the nextCursor of a page')
  .meta({ description: 'The `nextCursor` of the page before.' });

/** `name:value`; a comma or a percent sign in the value is percent-encoded once more. */
const attributeFilter = z.string().transform((text, context) => {
  const [name = '', ...rest] = text.split(':');
  const value = decode(rest.join(':'));
  if (!attributeName.test(name) || value === undefined || value === '' || value.length > 1000) {
    context.addIssue({
      code: 'custom',
      message: 'must be name:value, with a comma or percent sign in the value percent-encoded',
    });
    return z.NEVER;
  }
  return { name, value };
});

function decode(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text);
    return value.includes('\0') ? undefined : value;
  } catch {
    return undefined;
  }
}

const facet = z
  .string()
  .regex(
    /^(category|price|availability|attributes\.[A-Za-z][A-Za-z0-9_-]{0,63})$/,
    'must be category, price, availability or attributes.<name>',
  );

export const searchQuery = z
  .strictObject({
    q: question.optional(),
    filters: listParameter(attributeFilter, 50).optional().meta({
      description:
        'Attributes as `name:value,name:value…`: of several values of one name one must be there, of several names each. Up to 50; a comma or percent sign in a value is percent-encoded once more.',
    }),
    category: z
      .string()
      .min(1)
      .max(96)
      .optional()
      .meta({ description: 'Id or slug; includes the categories below it.' }),
    currency: currencySchema.optional().meta({ description: 'Only products that have a price in it.' }),
    minPrice: integerParameter(0, maximumAmountMinor).optional().meta({ description: 'In minor units of `currency`.' }),
    maxPrice: integerParameter(0, maximumAmountMinor).optional().meta({ description: 'In minor units of `currency`.' }),
    inStock: booleanParameter.optional().meta({ description: '`true` leaves out what is known to be out of stock.' }),
    facets: listParameter(facet, 12).optional().meta({
      description:
        'What to count the hits by: `category`, `price` (needs `currency`), `availability`, `attributes.<name>`. Each is counted as if its own filter were not set.',
    }),
    sort: z
      .enum(sorts)
      .default('relevance')
      .meta({ description: 'Equal hits by popularity. Sorting by price needs `currency`.' }),
    limit: limitParameter,
    offset: integerParameter(0, maximumOffset)
      .optional()
      .meta({ description: 'Hits to skip. Whoever reads on and on uses `cursor`, which has no bound.' }),
    cursor: cursorParameter.optional(),
  })
  .refine((query) => query.currency !== undefined || !needsCurrency(query), {
    path: ['currency'],
    message: 'is needed for prices and for sorting by price',
  })
  .refine(({ offset, cursor }) => offset === undefined || cursor === undefined, {
    path: ['offset'],
    message: 'cannot be given with a cursor',
  });

function needsCurrency(query: {
  readonly sort: string;
  readonly minPrice?: number | undefined;
  readonly maxPrice?: number | undefined;
  readonly facets?: readonly string[] | undefined;
}): boolean {
  const { sort, minPrice, maxPrice, facets = [] } = query;
  return sort.endsWith('price') || minPrice !== undefined || maxPrice !== undefined || facets.includes('price');
}

const amount = z.int().min(0);
const count = z.int().min(0);

const hitSchema = z
  .strictObject({
    id: z.uuid(),
    slug: z.string(),
    title: z.string(),
    sku: z.string(),
    categoryId: z.uuid().nullable(),
    prices: z.array(
      z
        .strictObject({ currency: z.string(), amountMinor: amount, compareAtMinor: amount.optional() })
        .meta({ id: 'FoundPrice' }),
    ),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    availability: z
      .enum(shownAvailabilities)
      .meta({ description: '`unknown`: nothing was heard of the stock of this SKU.' }),
  })
  .meta({ id: 'FoundProduct' });

const facetsSchema = z
  .strictObject({
    categories: z
      .array(
        z.strictObject({
          id: z.uuid(),
          slug: z.string(),
          name: z.string(),
          parentId: z.uuid().nullable(),
          count: count.meta({ description: 'With the categories below it.' }),
        }),
      )
      .optional(),
    price: z
      .strictObject({
        currency: z.string(),
        stepMinor: z.int().min(1).meta({ description: 'Width of each bar.' }),
        bars: z.array(z.strictObject({ fromMinor: amount, count })),
      })
      .optional()
      .meta({ description: 'Absent when no hit has a price.' }),
    availability: z.array(z.strictObject({ value: z.enum(shownAvailabilities), count })).optional(),
    attributes: z
      .record(
        z.string(),
        z.strictObject({
          values: z.array(z.strictObject({ value: z.string(), count })).meta({ description: 'The 50 most frequent.' }),
          otherCount: count.meta({ description: 'Hits with other values.' }),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Facets', description: 'Those that were asked for.' });

const didYouMean = z.string().nullable();

export const searchPageSchema = z
  .strictObject({
    total: count.meta({ description: 'All hits, exactly.' }),
    items: z.array(hitSchema),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null: this is the last.' }),
    facets: facetsSchema,
    didYouMean: didYouMean.meta({
      description:
        'The words corrected, where some are not known and fewer than ten products have them as they were typed.',
    }),
  })
  .meta({ id: 'SearchPage' });

export const suggestQuery = z.strictObject({
  q: question,
  limit: integerParameter(1, 20)
    .default(5)
    .meta({ description: 'Most titles.', type: 'integer', minimum: 1, maximum: 20, default: 5 }),
});

export const suggestionsSchema = z
  .strictObject({
    items: z.array(z.strictObject({ id: z.uuid(), slug: z.string(), title: z.string() })),
    didYouMean: didYouMean.meta({ description: 'The words corrected, where some are not known.' }),
  })
  .meta({ id: 'Suggestions' });

const term = line(80).refine((text) => /[\p{L}\p{N}]/u.test(text), 'must have a letter or a digit');

const ruleSchema = z
  .strictObject({
    terms: z.array(term).min(1).max(20).meta({ description: 'Whoever asks for one finds the others.' }),
    expandsTo: z.array(term).min(1).max(20).optional().meta({
      description: 'With these, whoever asks for one of `terms` finds these as well, and not the other way round.',
    }),
  })
  .refine(({ terms, expandsTo }) => terms.length > 1 || expandsTo !== undefined, 'must have two terms or expandsTo')
  .meta({ id: 'SynonymRule' });

export const newSynonymsSchema = z
  .strictObject({ rules: z.array(ruleSchema).max(1000).meta({ description: 'All rules; those before are replaced.' }) })
  .meta({ id: 'NewSynonyms' });

export const synonymsSchema = z
  .strictObject({
    version: z.int().min(0).meta({ description: 'Grows with each change; 0: none was made yet.' }),
    rules: z.array(z.strictObject({ terms: z.array(z.string()), expandsTo: z.array(z.string()).optional() })),
  })
  .meta({ id: 'Synonyms' });

const moment = z.iso.datetime();

export const startRebuildQuery = z.strictObject({
  force: booleanParameter.default(false).meta({
    description: '`true` rebuilds also if the product service has less than half of the products of the index.',
  }),
});

export const rebuildSchema = z
  .strictObject({
    id: z.uuid(),
    status: z.enum(rebuildStatuses),
    phase: z.enum(phases).meta({ description: 'What is done, or was done last.' }),
    source: z.string().meta({ description: 'Index that is replaced; after the exchange the one to go back to.' }),
    target: z.string().meta({ description: 'Index that takes its place.' }),
    read: count.meta({ description: 'Products that were read so far.' }),
    stale: count.meta({ description: 'Of these, those of which an event had brought a newer state.' }),
    expected: count.meta({ description: 'Products that there were when they were counted last.' }),
    counted: count.nullable().meta({ description: 'Products in the new index when it was checked.' }),
    startedBy: z.string(),
    startedAt: moment,
    updatedAt: moment,
    finishedAt: moment.nullable(),
    takeovers: count.meta({ description: 'How often another replica had to go on with it.' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'Rebuild' });

export const statusSchema = z
  .strictObject({
    indices: z.array(
      z.strictObject({
        name: z.string(),
        role: z.enum(['live', 'shadow', 'unused']).meta({
          description: '`shadow` gets every change as well: it is being built, or is the one to go back to.',
        }),
        products: count,
        tombstones: count.meta({ description: 'Deleted or hidden products, kept against older events.' }),
        sizeBytes: count,
        isOutdated: z.boolean().meta({ description: 'Made for another release: should be rebuilt.' }),
      }),
    ),
    rebuild: rebuildSchema.nullable(),
    synonymsVersion: z.int().min(0),
  })
  .meta({ id: 'SearchStatus' });
