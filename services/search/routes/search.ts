/** `/api/v1/search` and `/api/v1/suggest`: for customers. */
import type { z } from 'zod';
import type { Route } from '#chassis/http/route.ts';
import type { SearchDeps } from '../deps.ts';
import type { FacetName } from '../domain/question.ts';
import { type Asked, searchProducts } from '../use-cases/search-products.ts';
import { suggest } from '../use-cases/suggest.ts';
import { route } from './deps.ts';
import { searchPageSchema, searchQuery, suggestionsSchema, suggestQuery } from './schemas.ts';

const tag = 'search';
/** Short: what customers find should follow the stock. */
const caching = { 'cache-control': 'public, max-age=5, stale-while-revalidate=30' };

const search = route(
  {
    operationId: 'searchProducts',
    method: 'GET',
    path: '/api/v1/search',
    summary: 'Search products',
    description:
      'Every word should be in the title, the attributes or the description; where fewer than ten products have the words as they were typed, mistyped words find what was meant, behind what was typed. With `facets` the hits are counted by what they have in common. From the second page on a reader sees the products as they were when it was read.',
    tag,
    access: 'public',
    query: searchQuery,
    responses: { 200: { description: 'A page.', schema: searchPageSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query, context }, deps) => {
    const { facets = [], limit, offset = 0, cursor } = query;
    // `as`: the schema lets nothing else through.
    const request = { asked: toAsked(query), facets: [...new Set(facets)] as FacetName[], limit, offset, cursor };
    return { status: 200, body: await searchProducts(deps, request, context.signal), headers: caching };
  },
);

const suggestTitles = route(
  {
    operationId: 'suggestProducts',
    criticality: 'sheddable',
    method: 'GET',
    path: '/api/v1/suggest',
    summary: 'Titles that begin with what is being typed',
    tag,
    access: 'public',
    query: suggestQuery,
    responses: { 200: { description: 'Best first.', schema: suggestionsSchema } },
  },
  async ({ query: { q, limit }, context }, deps) => {
    return { status: 200, body: await suggest(deps, { text: q, limit }, context.signal), headers: caching };
  },
);

export const searchRoutes: readonly Route<SearchDeps>[] = [search, suggestTitles];

function toAsked({
  q,
  filters = [],
  category,
  currency,
  minPrice,
  maxPrice,
  inStock,
  sort,
}: z.output<typeof searchQuery>): Asked {
  const byName = Map.groupBy(filters, ({ name }) => name);
  return {
    text: q,
    category,
    currency,
    minPriceMinor: minPrice,
    maxPriceMinor: maxPrice,
    inStock: inStock ?? false,
    attributes: new Map([...byName].map(([name, entries]) => [name, entries.map(({ value }) => value)])),
    sort,
  };
}
