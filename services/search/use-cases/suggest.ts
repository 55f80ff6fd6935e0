/** What a customer may be about to type. */
import type { SearchDeps } from '../deps.ts';

export interface Suggestions {
  readonly items: readonly { readonly id: string; readonly slug: string; readonly title: string }[];
  /** Only when no title begins so. */
  readonly didYouMean: string | null;
}

export async function suggest(
  { finder }: Pick<SearchDeps, 'finder'>,
  asked: { readonly text: string; readonly limit: number },
  signal: AbortSignal,
): Promise<Suggestions> {
  const { products: items, corrections } = await finder.suggest(asked, signal);
  const [correction] = corrections;
  return { items, didYouMean: items.length > 0 || correction === undefined ? null : correction };
}
