/** Questions to Elasticsearch. */
import type { SearchClient } from '#chassis/search/client.ts';
import {
  type FoundPage,
  type FoundTitles,
  fewHits,
  type PageQuestion,
  type Place,
  type ProductFinder,
} from '../domain/product-finder.ts';
import type { PriceFacet } from '../domain/question.ts';
import { ask, type Found, isViewGone, openView, viewKeepAlive } from './ask.ts';
import { aggregationsOf, histogramOf, readFacets, readHistogram, stepOf } from './facets.ts';
import type { IndexNames } from './names.ts';
import {
  baseFilter,
  type Conditions,
  conditionsOf,
  correctionsOf,
  hasWords,
  matchText,
  type Spelling,
  sortOf,
} from './query.ts';

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
  const page = { asked, conditions: conditionsOf(question) };
  const { found, spelling } =
    typeof start === 'number'
      ? await askWords(page, (body) => ask(tools.client, tools.names.read, { ...body, from: start }, signal))
      : await readView(tools, start, (view) => askWords(page, askingIn(tools, view, start, signal)));
  const price = await readPrice(tools, { ...page, found, spelling }, signal);
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

interface Page {
  readonly asked: PageQuestion;
  readonly conditions: Conditions;
}

interface Answer {
  readonly found: Found;
  /** What the answer was asked with: whatever else is counted for it must be asked with the same. */
  readonly spelling: Spelling;
}

/**
 * Asks for the words as they were typed, and once more with mistyped ones and corrections only where few products have them: that
 * costs twice as much (see `fewHits`), and most questions find enough without. Only how many have the words decides, whatever else
 * is chosen: so all pages of a question are answered in the same way, and what a facet has counted is found when it is chosen.
 */
async function askWords(page: Page, send: (body: object) => Promise<Found>): Promise<Answer> {
  const found = await send(toBody(page, 'exact'));
  const withWords = found.aggregations['words']?.doc_count ?? found.total;
  if (withWords >= fewHits || !hasWords(page.asked.question)) return { found, spelling: 'exact' };
  return { found: await send(toBody(page, 'tolerant')), spelling: 'tolerant' };
}

function toBody({ asked, conditions }: Page, spelling: Spelling): object {
  const { question, synonyms, facets, limit, start } = asked;
  const all = [...conditions.values()];
  const match = matchText(question, synonyms, spelling);
  const filter = baseFilter(question);
  const isCorrected = typeof start === 'number' && spelling === 'tolerant';
  const aggs = {
    ...aggregationsOf(facets, question, conditions),
    ...(spelling === 'exact' && all.length > 0 && hasWords(question) ? { words: { filter: { match_all: {} } } } : {}),
  };
  return {
    // One more than the page tells whether there is a next one.
    size: limit + 1,
    track_total_hits: true,
    sort: sortOf(question),
    ...(Object.keys(aggs).length === 0
      ? { query: { bool: { must: [match], filter: [...filter, ...all] } } }
      : {
          query: { bool: { must: [match], filter } },
          // After counting: what a customer has chosen does not hide what else could be.
          post_filter: { bool: { filter: all } },
          aggs,
        }),
    ...(isCorrected ? { suggest: correctionsOf(question.text ?? '') } : {}),
  };
}

/**
 * The second page and those after it are read from a view of one moment. It begins with the second page: most readers stop at the
 * first, and a view for each of them would cost the server memory. A view that is gone is followed by a new one at the same place,
 * from the start: what was asked of the old one decides nothing in the new one.
 */
async function readView(
  { client, names }: Tools,
  { view }: Place,
  read: (view: string) => Promise<Answer>,
): Promise<Answer> {
  if (view !== undefined) {
    try {
      return await read(view);
    } catch (error) {
      if (!isViewGone(error)) throw error;
    }
  }
  return read(await openView(client, names.read));
}

/** Asks the view, each time by the id that the answer before has given it. */
function askingIn(
  { client }: Tools,
  view: string,
  { after }: Place,
  signal: AbortSignal,
): (body: object) => Promise<Found> {
  let id = view;
  return async (body) => {
    const pit = { id, keep_alive: viewKeepAlive };
    const found = await ask(client, undefined, { ...body, search_after: after, pit }, signal);
    id = found.viewId ?? id;
    return { ...found, viewId: id };
  };
}

/** The bars, once their width is known: of the same products that the page was answered with. */
async function readPrice(
  { client, names }: Tools,
  { asked: { question, synonyms }, conditions, found, spelling }: Page & Answer,
  signal: AbortSignal,
): Promise<PriceFacet | undefined> {
  const step = stepOf(found);
  if (step === undefined || question.currency === undefined) return undefined;
  const body = {
    size: 0,
    query: { bool: { must: [matchText(question, synonyms, spelling)], filter: baseFilter(question) } },
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
