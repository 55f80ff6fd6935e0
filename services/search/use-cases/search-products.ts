/** One page of a search. */
import { ProblemError } from '#chassis/problem.ts';
import type { SearchDeps } from '../deps.ts';
import type { CategoryTree } from '../domain/categories.ts';
import { buildCategoryTree } from '../domain/categories.ts';
import type { ProductDocument } from '../domain/document.ts';
import { wordsOf } from '../domain/fold.ts';
import type { FacetName, Hit, Question } from '../domain/question.ts';
import { ask, type Found, isViewGone, openView, viewKeepAlive } from '../store/ask.ts';
import type { SearchCursor } from '../store/cursor.ts';
import {
  aggregationsOf,
  type Facets,
  histogramOf,
  type PriceFacet,
  readFacets,
  readHistogram,
  stepOf,
} from '../store/facets.ts';
import { baseFilter, type Conditions, conditionsOf, correctionsOf, matchText, sortOf } from '../store/query.ts';

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

type Tools = Pick<SearchDeps, 'client' | 'names' | 'cursors' | 'categories' | 'synonyms'>;

/** Throws `invalid-cursor`, and `service-unavailable` when the index does not answer or no category is known yet. */
export async function searchProducts(tools: Tools, request: PageRequest, signal: AbortSignal): Promise<Page> {
  const { asked, limit } = request;
  const list = { ...asked, attributes: [...asked.attributes] };
  const cursor = request.cursor === undefined ? undefined : tools.cursors.decode(list, request.cursor);
  const tree = tools.categories.tree;
  const question = toQuestion(asked, request.facets, tree);
  const conditions = conditionsOf(question);
  const body = {
    ...toBody(question, conditions, request, tools),
    ...(cursor === undefined ? { from: request.offset } : { search_after: cursor.after }),
  };
  const found =
    cursor === undefined
      ? await ask(tools.client, tools.names.read, body, signal)
      : await askView(tools, cursor, body, signal);
  const price = await readPrice(tools, { question, conditions, found }, signal);
  const shown = found.products.slice(0, limit);
  const last = found.products.length > limit ? shown.at(-1) : undefined;
  return {
    total: found.total,
    items: shown.map(({ document }) => toHit(document)),
    nextCursor: last === undefined ? null : tools.cursors.encode(list, { after: last.sort, view: found.viewId }),
    facets: readFacets(request.facets, found, { tree: tree ?? buildCategoryTree([]), price }),
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

function toBody(question: Question, conditions: Conditions, request: PageRequest, tools: Tools): object {
  const { facets, limit, cursor } = request;
  const all = [...conditions.values()];
  const match = matchText(question, tools.synonyms.current);
  const filter = baseFilter(question);
  const isCorrected = cursor === undefined && question.text !== undefined;
  return {
    // One more than the page tells whether there is a next one.
    size: limit + 1,
    track_total_hits: true,
    sort: sortOf(question),
    ...(facets.length === 0
      ? { query: { bool: { must: [match], filter: [...filter, ...all] } } }
      : {
          query: { bool: { must: [match], filter } },
          // After counting: what a customer has chosen does not hide what else could be.
          post_filter: { bool: { filter: all } },
          aggs: aggregationsOf(facets, question, conditions),
        }),
    ...(isCorrected ? { suggest: correctionsOf(question.text ?? '') } : {}),
  };
}

/**
 * The second page and those after it are read from a view of one moment. It begins with the second page: most readers stop at the
 * first, and a view for each of them would cost the server memory. A view that is gone is followed by a new one at the same place.
 */
async function askView(tools: Tools, cursor: SearchCursor, body: object, signal: AbortSignal): Promise<Found> {
  const askIn = async (id: string): Promise<Found> => {
    const found = await ask(tools.client, undefined, { ...body, pit: { id, keep_alive: viewKeepAlive } }, signal);
    return { ...found, viewId: found.viewId ?? id };
  };
  if (cursor.view !== undefined) {
    try {
      return await askIn(cursor.view);
    } catch (error) {
      if (!isViewGone(error)) throw error;
    }
  }
  return askIn(await openView(tools.client, tools.names.read));
}

/** The bars, once their width is known. */
async function readPrice(
  { client, names, synonyms }: Tools,
  {
    question,
    conditions,
    found,
  }: { readonly question: Question; readonly conditions: Conditions; readonly found: Found },
  signal: AbortSignal,
): Promise<PriceFacet | undefined> {
  const step = stepOf(found);
  if (step === undefined || question.currency === undefined) return undefined;
  const body = {
    size: 0,
    query: { bool: { must: [matchText(question, synonyms.current)], filter: baseFilter(question) } },
    aggs: histogramOf(question, conditions, step),
  };
  return readHistogram(await ask(client, names.read, body, signal), question.currency, step);
}

/** The first correction that says something else than the text. */
function correctionOf({ corrections }: Found, text = ''): string | null {
  const typed = wordsOf(text).join(' ');
  return corrections.find((correction) => correction !== typed) ?? null;
}

function toHit({ id, slug, title, sku, categoryId, priceList, attributes, availability }: ProductDocument): Hit {
  return { id, slug, title, sku, categoryId, prices: priceList, attributes, availability };
}
