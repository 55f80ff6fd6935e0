/** What a customer may be about to type. */
import type { SearchDeps } from '../deps.ts';
import { ask } from '../store/ask.ts';
import { baseFilter, correctionsOf } from '../store/query.ts';

export interface Suggestions {
  readonly items: readonly { readonly id: string; readonly slug: string; readonly title: string }[];
  /** Only when no title begins so. */
  readonly didYouMean: string | null;
}

export async function suggest(
  { client, names }: Pick<SearchDeps, 'client' | 'names'>,
  { text, limit }: { readonly text: string; readonly limit: number },
  signal: AbortSignal,
): Promise<Suggestions> {
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
  const found = await ask(client, names.read, body, signal);
  const items = found.products.map(({ document: { id, slug, title } }) => ({ id, slug, title }));
  const [correction] = found.corrections;
  return { items, didYouMean: items.length > 0 || correction === undefined ? null : correction };
}
