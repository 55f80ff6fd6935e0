/** Names of the indices and aliases of one shop. */
export interface IndexNames {
  /** Alias that questions go to. */
  readonly read: string;
  /** Alias that changes go to: the same index. */
  readonly write: string;
  /** Alias of the index beside it that gets every change as well: one that is being built, or the one before. */
  readonly shadow: string;
  /** Synonyms, categories, the present rebuild. */
  readonly state: string;
  /** What is known of the stock, by SKU. */
  readonly stock: string;
  /** `…products-v`: what the name of each index of products begins with. */
  readonly productsPrefix: string;
}

export function indexNames(prefix: string): IndexNames {
  return {
    read: `${prefix}products-read`,
    write: `${prefix}products-write`,
    shadow: `${prefix}products-shadow`,
    state: `${prefix}search-state`,
    stock: `${prefix}search-stock`,
    productsPrefix: `${prefix}products-v`,
  };
}
