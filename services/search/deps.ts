/** What the handlers and workers of this service work with. */
import type { Worker } from '#chassis/service.ts';
import type { ProductClient } from './clients/product-client.ts';
import type { SearchEngine } from './domain/engine.ts';
import type { CategoryBook } from './use-cases/category-book.ts';
import type { CursorCodec } from './use-cases/cursor.ts';
import type { SynonymBook } from './use-cases/synonym-book.ts';

/** The engine as requests see it: an outage is a problem with `Retry-After`. */
export interface SearchDeps extends SearchEngine {
  readonly cursors: CursorCodec;
  readonly categories: CategoryBook;
  readonly synonyms: SynonymBook;
  readonly products: ProductClient;
  readonly newId: () => string;
  /** What runs beside requests. */
  readonly workers: readonly Worker[];
}
