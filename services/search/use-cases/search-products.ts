/** One page of a search. */
import { ProblemError } from '#chassis/problem.ts';
import type { SearchDeps } from '../deps.ts';
import type { CategoryTree } from '../domain/categories.ts';
import { buildCategoryTree } from '../domain/categories.ts';
import type { ProductDocument } from '../domain/document.ts';
import { wordsOf } from '../domain/fold.ts';
import type { FoundPage } from '../domain/product-finder.ts';
import type { FacetName, Facets, Hit, Question } from '../domain/question.ts';
/** A question before the category's name is looked up. */
export interface Asked extends Omit<Question, 'categoryIds'> {
  /** Id or slug. */
  readonly category: string | undefined;
}

export interface PageRequest {
  readonly asked: Asked;
  readonly facets: readonly FacetName[];
  readonly limit: number;
  readonly offset: number;
  readonly cursor: string | undefined;
}

export interface Page {
  readonly total: number;
  readonly items: readonly Hit[];
  readonly nextCursor: string | null;
  readonly facets: Facets;
  /** The text with its words corrected, where that differs. */
  readonly didYouMean: string | null;
}

type Tools = Pick<SearchDeps, 'finder' | 'cursors' | 'categories' | 'synonyms'>;

/** Throws `invalid-cursor`, and `service-unavailable` when the index does not answer or no category is known yet. */
export async function searchProducts(tools: Tools, request: PageRequest, signal: AbortSignal): Promise<Page> {
  const { asked, facets, limit, offset } = request;
  const list = { ...asked, attributes: [...asked.attributes] };
  const place = request.cursor === undefined ? undefined : tools.cursors.decode(list, request.cursor);
  const { tree } = tools.categories;
  const question = toQuestion(asked, facets, tree);
  const found = await tools.finder.search(
    {
      question,
      synonyms: tools.synonyms.current,
      facets,
      tree: tree ?? buildCategoryTree([]),
      limit,
      start: place ?? offset,
    },
    signal,
  );
  return {
    total: found.total,
    items: found.products.map(toHit),
    nextCursor: found.next === undefined ? null : tools.cursors.encode(list, found.next),
    facets: found.facets,
    didYouMean: correctionOf(found, asked.text),
  };
}

function toQuestion(
  { category, ...asked }: Asked,
  facets: readonly FacetName[],
  tree: CategoryTree | undefined,
): Question {
  const needsTree = category !== undefined || facets.includes('category');
  if (needsTree && tree === undefined)
    throw new ProblemError('service-unavailable', 'the categories are not known yet', { retryAfterSeconds: 2 });
  return { ...asked, categoryIds: category === undefined ? undefined : tree?.within(category) };
}

/** The first correction that says something else than the text. */
function correctionOf({ corrections }: Pick<FoundPage, 'corrections'>, text = ''): string | null {
  const typed = wordsOf(text).join(' ');
  return corrections.find((correction) => correction !== typed) ?? null;
}

function toHit({ id, slug, title, sku, categoryId, priceList, attributes, availability }: ProductDocument): Hit {
  return { id, slug, title, sku, categoryId, prices: priceList, attributes, availability };
}
