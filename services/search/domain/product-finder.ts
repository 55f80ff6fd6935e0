/** The engine's port for questions. */
import type { CategoryTree } from './categories.ts';
import type { ProductDocument } from './document.ts';
import type { FacetName, Facets, Question } from './question.ts';
import type { Synonyms } from './synonyms.ts';

/**
 * With fewer products than this that have the words as they were typed, mistyped words are looked for as well and corrections are
 * offered. With more there is enough to see, and looking for both costs twice as much: of 1,200 products Elasticsearch answered
 * with 10.3 ms of processor time, for the words as they were typed alone with 4.9 ms.
 */
export const fewHits = 10;

export type SortValue = string | number | null;

/** Where a page begins. */
export interface Place {
  /** What the last hit before it was sorted by. */
  readonly after: readonly SortValue[];
  /** The engine's name of the view that the pages are read from; absent on the first one. */
  readonly view?: string | undefined;
}

export interface PageQuestion {
  readonly question: Question;
  readonly synonyms: Synonyms;
  /** What the hits are to be counted by. */
  readonly facets: readonly FacetName[];
  readonly tree: CategoryTree;
  readonly limit: number;
  /** A number of hits to leave out, or where the page before ended. */
  readonly start: number | Place;
}

export interface FoundPage {
  readonly total: number;
  readonly products: readonly ProductDocument[];
  /** Undefined: this is the last page. */
  readonly next: Place | undefined;
  readonly facets: Facets;
  /** The text with its words corrected, best first; for the first page only, and where few products have the words as typed. */
  readonly corrections: readonly string[];
}

export interface FoundTitles {
  readonly products: readonly Pick<ProductDocument, 'id' | 'slug' | 'title'>[];
  readonly corrections: readonly string[];
}

/** Both throw `service-unavailable` when the engine does not answer, and give up when the signal says so. */
export interface ProductFinder {
  /**
   * From the second page on a reader sees the products as they were when it was read; a view that is gone is followed by a new one.
   * Mistyped words count where fewer than `fewHits` products have them as they were typed: on all pages of a question or on none.
   */
  search(asked: PageQuestion, signal: AbortSignal): Promise<FoundPage>;
  /** Titles of which each word of the text is one or begins one, best first. */
  suggest(asked: { readonly text: string; readonly limit: number }, signal: AbortSignal): Promise<FoundTitles>;
}
