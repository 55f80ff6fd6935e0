/**
 * A search engine as the service takes it: four ports. Events, routes, workers and use-cases know these only; which engine there is is
 * chosen in `service.ts`, and what each must do is in `testing/engine-contract.ts`.
 */
import type { IndexPair } from './index-pair.ts';
import type { ProductFinder } from './product-finder.ts';
import type { ProductIndex } from './product-index.ts';
import type { Records } from './records.ts';

export interface SearchEngine {
  readonly finder: ProductFinder;
  readonly index: ProductIndex;
  /** For rebuilds. */
  readonly pair: IndexPair;
  readonly records: Records;
}
