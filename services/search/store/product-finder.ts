/** Questions to Elasticsearch. */
import type { SearchClient } from '#chassis/search/client.ts';
import type { FoundPage, FoundTitles, PageQuestion, Place, ProductFinder } from '../domain/product-finder.ts';
import type { PriceFacet } from '../domain/question.ts';
import { ask, type Found, isViewGone, openView, viewKeepAlive } from './ask.ts';
import { aggregationsOf, histogramOf, readFacets, readHistogram, stepOf } from './facets.ts';
import type { IndexNames } from './names.ts';
import { baseFilter, type Conditions, conditionsOf, correctionsOf, matchText, sortOf } from './query.ts';

interface Tools {
  readonly client: SearchClient;
  readonly names: IndexNames;
}

export function createProductFinder(client: SearchClient, names: IndexNames): ProductFinder {
  const tools = { client, names };
  return {
    search: (asked, signal) => searchPage(tools, asked, signal),
    suggest: (asked, signal) => suggestTitles(tools, asked, signal),
  };
}

async function searchPage(tools: Tools, asked: PageQuestion, signal: AbortSignal): Promise<FoundPage> {
  const { question, facets, tree, limit, start } = asked;
  const conditions = conditionsOf(question);
  const body = toBody(asked, conditions);
  const found =
    typeof start === 'number'
      ? await ask(tools.client, tools.names.read, { ...body, from: start }, signal)
      : await askView(tools, start, { ...body, search_after: start.after }, signal);
  const price = await readPrice(tools, { asked, conditions, found }, signal);
  const shown = found.products.slice(0, limit);
  const last = found.products.length > limit ? shown.at(-1) : undefined;
  return {
    total: found.total,
    products: shown.map(({ document }) => document),
    next: last === undefined ? undefined : { after: last.sort, view: found.viewId },
    facets: readFacets(facets, found, { tree, price }),
    corrections: found.corrections,
  };
}

function toBody({ question, synonyms, facets, limit, start }: PageQuestion, conditions: Conditions): object {
  const all = [...conditions.values()];
  const match = matchText(question, synonyms);
  const filter = baseFilter(question);
  const isCorrected = typeof start === 'number' && question.text !== undefined;
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
async function askView({ client, names }: Tools, { view }: Place, body: object, signal: AbortSignal): Promise<Found> {
  const askIn = async (id: string): Promise<Found> => {
    const found = await ask(client, undefined, { ...body, pit: { id, keep_alive: viewKeepAlive } }, signal);
    return { ...found, viewId: found.viewId ?? id };
  };
  if (view !== undefined) {
    try {
      return await askIn(view);
    } catch (error) {
      if (!isViewGone(error)) throw error;
    }
  }
  return askIn(await openView(client, names.read));
}

interface FirstLook {
  readonly asked: PageQuestion;
  readonly conditions: Conditions;
  readonly found: Found;
}

/** The bars, once their width is known. */
async function readPrice(
  { client, names }: Tools,
  { asked: { question, synonyms }, conditions, found }: FirstLook,
  signal: AbortSignal,
): Promise<PriceFacet | undefined> {
  const step = stepOf(found);
  if (step === undefined || question.currency === undefined) return undefined;
  const body = {
    size: 0,
    query: { bool: { must: [matchText(question, synonyms)], filter: baseFilter(question) } },
    aggs: histogramOf(question, conditions, step),
  };
  return readHistogram(await ask(client, names.read, body, signal), question.currency, step);
}

async function suggestTitles(
  { client, names }: Tools,
  { text, limit }: { readonly text: string; readonly limit: number },
  signal: AbortSignal,
): Promise<FoundTitles> {
  const body = {
    size: limit,
    track_total_hits: false,
    _source: ['id', 'slug', 'title'],
    query: {
      bool: {
        // Each word is one of the title or begins one.
        must: [{ match: { 'title.prefixes': { query: text, operator: 'and' } } }],
        // Whole words before begun ones, the order of the title before any other.
        should: [{ match: { title: { query: text } } }, { match_phrase: { title: { query: text } } }],
        filter: baseFilter({ currency: undefined }),
      },
    },
    sort: [{ _score: 'desc' }, { popularity: 'desc' }, { id: 'asc' }],
    suggest: correctionsOf(text),
  };
  const { products, corrections } = await ask(client, names.read, body, signal);
  return { products: products.map(({ document: { id, slug, title } }) => ({ id, slug, title })), corrections };
}
