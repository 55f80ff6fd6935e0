/** What the handlers and workers of this service work with. */
import type { SearchClient } from '#chassis/search/client.ts';
import type { Worker } from '#chassis/service.ts';
import type { ProductClient } from './clients/product-client.ts';
import type { SearchEngine } from './domain/engine.ts';
import type { CursorCodec } from './store/cursor.ts';
import type { IndexNames } from './store/names.ts';
import type { CategoryBook } from './use-cases/category-book.ts';
import type { SynonymBook } from './use-cases/synonym-book.ts';

export interface SearchDeps {
  /** Answers questions. */
  readonly engine: SearchEngine;
  /** For requests about the index itself: an outage is a problem with `Retry-After`. */
  readonly client: SearchClient;
  readonly names: IndexNames;
  readonly cursors: CursorCodec;
  readonly categories: CategoryBook;
  readonly synonyms: SynonymBook;
  readonly products: ProductClient;
  readonly newId: () => string;
  /** What runs beside requests. */
  readonly workers: readonly Worker[];
}
