/** Counting what the hits have in common. Pure. */

import { shownAvailabilities } from '#contracts/availability.ts';
import type { CategoryTree } from '../domain/categories.ts';
import { priceStep } from '../domain/price-steps.ts';
import type { FacetName, Facets, PriceFacet, Question, ValueCount } from '../domain/question.ts';
import type { Aggregation, Found } from './ask.ts';
import { type Conditions, priceField } from './query.ts';

/** Values of an attribute that are told; the rest is summed up. */
const valuesOfAttribute = 50;
/** More than any tree of categories has: the counts of all are needed to add them up. */
const mostCategories = 10_000;

/** One aggregation per facet, over what all conditions but its own leave. */
export function aggregationsOf(
  facets: readonly FacetName[],
  question: Question,
  conditions: Conditions,
): Readonly<Record<string, object>> {
  return Object.fromEntries(
    facets.map((name) => [name, { filter: othersThan(name, conditions), aggs: { of: countingOf(name, question) } }]),
  );
}

function othersThan(name: FacetName, conditions: Conditions): object {
  const others = [...conditions].filter(([other]) => other !== name).map(([, condition]) => condition);
  return others.length === 0 ? { match_all: {} } : { bool: { filter: others } };
}

function countingOf(name: FacetName, { currency = 'EUR' }: Question): object {
  if (name === 'category') return { terms: { field: 'categoryId', size: mostCategories } };
  if (name === 'availability') return { terms: { field: 'availability', size: shownAvailabilities.length } };
  // The width of the bars depends on it.
  if (name === 'price') return { stats: { field: priceField(currency) } };
  return { terms: { field: name, size: valuesOfAttribute } };
}

/** The width of the bars for what was found; undefined when nothing has a price. */
export function stepOf(found: Found): number | undefined {
  const { min, max } = found.aggregations['price']?.of ?? {};
  return typeof min === 'number' && typeof max === 'number' ? priceStep(min, max) : undefined;
}

export function histogramOf(question: Question, conditions: Conditions, step: number): object {
  const { currency = 'EUR' } = question;
  const of = { histogram: { field: priceField(currency), interval: step, min_doc_count: 0 } };
  return { price: { filter: othersThan('price', conditions), aggs: { of } } };
}

export function readFacets(
  facets: readonly FacetName[],
  found: Found,
  { tree, price }: { readonly tree: CategoryTree; readonly price: PriceFacet | undefined },
): Facets {
  const of = (name: FacetName): Aggregation['of'] => found.aggregations[name]?.of;
  const attributes = facets.filter((name) => name.startsWith('attributes.'));
  return {
    ...(facets.includes('category') ? { categories: readCategories(of('category'), tree) } : {}),
    ...(price === undefined ? {} : { price }),
    ...(facets.includes('availability') ? { availability: readAvailability(of('availability')) } : {}),
    ...(attributes.length === 0
      ? {}
      : { attributes: Object.fromEntries(attributes.map((name) => [nameOf(name), readValues(of(name))])) }),
  };
}

function nameOf(facet: string): string {
  return facet.slice('attributes.'.length);
}

function readCategories(of: Aggregation['of'], tree: CategoryTree): NonNullable<Facets['categories']> {
  const counts = new Map((of?.buckets ?? []).map(({ key, doc_count }) => [String(key), doc_count]));
  return tree.rollUp(counts).map(({ id, slug, name, parentId, count }) => ({ id, slug, name, parentId, count }));
}

function readAvailability(of: Aggregation['of']): NonNullable<Facets['availability']> {
  const counts = new Map((of?.buckets ?? []).map(({ key, doc_count }) => [key, doc_count]));
  return shownAvailabilities.flatMap((value) => {
    const count = counts.get(value);
    return count === undefined ? [] : [{ value, count }];
  });
}

function readValues(of: Aggregation['of']): { readonly values: readonly ValueCount[]; readonly otherCount: number } {
  return {
    values: (of?.buckets ?? []).map(({ key, doc_count }) => ({ value: String(key), count: doc_count })),
    otherCount: of?.sum_other_doc_count ?? 0,
  };
}

export function readHistogram(found: Found, currency: string, stepMinor: number): PriceFacet {
  const buckets = found.aggregations['price']?.of?.buckets ?? [];
  return {
    currency,
    stepMinor,
    bars: buckets.map(({ key, doc_count }) => ({ fromMinor: Number(key), count: doc_count })),
  };
}
