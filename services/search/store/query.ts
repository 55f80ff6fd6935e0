/** A question in Elasticsearch's words. Pure. */
import { fold, wordsOf } from '../domain/fold.ts';
import type { FacetName, Question, Sort } from '../domain/question.ts';
import type { Segment, Synonyms } from '../domain/synonyms.ts';

/** Conditions that a customer can choose several of; each is left out where its own values are counted. */
export type Conditions = ReadonlyMap<FacetName, object>;

/** Which words of a product count: those that were typed, or also those that were perhaps meant. */
export type Spelling = 'exact' | 'tolerant';

/** Whether there is any word that could be mistyped. */
export function hasWords({ text = '' }: Pick<Question, 'text'>): boolean {
  return wordsOf(text).length > 0;
}

/** Which products match the text; without a text all do. */
export function matchText({ text }: Pick<Question, 'text'>, synonyms: Synonyms, spelling: Spelling): object {
  if (text === undefined || fold(text) === '') return { match_all: {} };
  const segments = synonyms.segment(text);
  // Nothing but punctuation: no word that anything could have.
  if (segments.length === 0) return { match_none: {} };
  const should = segments.map((segment) => matchSegment(segment, spelling));
  const words = { bool: { should, minimum_should_match: '3<75%' } };
  return { bool: { must: [words], should: matchWhole(text) } };
}

/** More for who names a product as it is called. */
function matchWhole(text: string): readonly object[] {
  return [
    { term: { titleKey: { value: fold(text), boost: 60 } } },
    { term: { skuKey: { value: fold(text), boost: 100 } } },
    { match_phrase: { title: { query: text, slop: 1, boost: 8 } } },
  ];
}

/** Where a word may be, and how much it counts there. */
const fields = [
  { name: 'title', boost: 6 },
  { name: 'keywords', boost: 3 },
  { name: 'description', boost: 1 },
] as const;

const fuzzyFields = fields.slice(0, 2);

/**
 * As it is written, or a synonym. Tolerant also mistyped, for less: the first letter must be right, longer words may have two
 * mistakes.
 */
function matchSegment({ text, alternatives }: Segment, spelling: Spelling): object {
  const exact = fields.map(({ name, boost }) => match(name, { query: text, boost }));
  const tolerated = spelling === 'tolerant' ? fuzzyFields : [];
  const mistyped = tolerated.map(({ name, boost }) =>
    match(name, { query: text, boost: boost / 4, fuzziness: 'AUTO', prefix_length: 1 }),
  );
  const others = alternatives.flatMap((query) =>
    fields.map(({ name, boost }) => match(name, { query, boost: boost * 0.7 })),
  );
  return { dis_max: { tie_breaker: 0.1, queries: [...exact, ...mistyped, ...others] } };
}

function match(field: string, options: { readonly query: string } & Readonly<Record<string, unknown>>): object {
  return { match: { [field]: { operator: 'and', ...options } } };
}

export function conditionsOf(question: Question): Conditions {
  const conditions = new Map<FacetName, object>();
  if (question.categoryIds !== undefined) conditions.set('category', { terms: { categoryId: question.categoryIds } });
  const { currency, minPriceMinor: gte, maxPriceMinor: lte } = question;
  if (currency !== undefined && (gte !== undefined || lte !== undefined))
    conditions.set('price', {
      range: {
        [priceField(currency)]: { ...(gte === undefined ? {} : { gte }), ...(lte === undefined ? {} : { lte }) },
      },
    });
  if (question.inStock)
    conditions.set('availability', { bool: { must_not: [{ term: { availability: 'out-of-stock' } }] } });
  for (const [name, values] of question.attributes)
    conditions.set(`attributes.${name}`, { terms: { [`attributes.${name}`]: values } });
  return conditions;
}

export function priceField(currency: string): string {
  return `prices.${currency}`;
}

/** Total orders: every one ends with the id. */
export function sortOf({ sort, currency }: Pick<Question, 'sort' | 'currency'>): readonly object[] {
  const price = (order: 'asc' | 'desc') => [{ [priceField(currency ?? 'EUR')]: { order } }];
  const orders: Readonly<Record<Sort, () => readonly object[]>> = {
    relevance: () => [{ _score: 'desc' }, { popularity: 'desc' }],
    price: () => price('asc'),
    '-price': () => price('desc'),
    newest: () => [{ createdAt: 'desc' }],
    title: () => [{ titleKey: 'asc' }],
    popularity: () => [{ popularity: 'desc' }],
  };
  return [...orders[sort](), { id: 'asc' }];
}

/** What every hit must be, and what cannot be chosen several of. */
export function baseFilter({ currency }: Pick<Question, 'currency'>): readonly object[] {
  const visible = { term: { isVisible: true } };
  return currency === undefined ? [visible] : [visible, { exists: { field: priceField(currency) } }];
}

/** The text with each word corrected to one that titles have. */
export function correctionsOf(text: string): object {
  // One word more often than not: pairs of words decide between several corrections.
  const generator = { field: 'title', suggest_mode: 'missing', prefix_length: 1, min_word_length: 3 };
  return {
    text: wordsOf(text).join(' ').slice(0, 100),
    corrections: {
      phrase: {
        field: 'title.pairs',
        size: 1,
        gram_size: 2,
        max_errors: 4,
        confidence: 0.0,
        direct_generator: [generator],
      },
    },
  };
}
