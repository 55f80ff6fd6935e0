/** The engine's port for changes: what is written here is found by `ProductFinder` soon after. */
import type { Availability } from '#contracts/availability.ts';
import type { ProductState } from '#contracts/events/product.ts';

/** What became of a product. */
export type ProductChange =
  | { readonly kind: 'put'; readonly product: ProductState }
  | { readonly kind: 'remove'; readonly product: Pick<ProductState, 'id' | 'version'> };

/** What became of the stock of a SKU. */
export interface StockChange {
  readonly sku: string;
  /** Of the SKU: an older one changes nothing. */
  readonly version: number;
  readonly availability: Availability;
}

/** The engine does not answer, or has no room, or is not prepared yet: the same may work in a while. */
export class IndexOutageError extends Error {
  override readonly name = 'IndexOutageError';
}

/** The engine cannot store the change, and never will. */
export class RefusedChangeError extends Error {
  override readonly name = 'RefusedChangeError';
}

/**
 * Changes may come twice and in any order: the highest version stays. Writing resolves with whether each change was newer than what was
 * there, in order. It rejects with `IndexOutageError`, or with `RefusedChangeError` when one of the changes is refused: of the others
 * some may be stored, and each is to be written by itself then.
 */
export interface ProductIndex {
  /** Makes what a new shop needs; what is there stays. Many processes may do so at once. */
  prepare(): Promise<void>;
  /** A product that is removed, or may not be found, is remembered with its version: nothing older brings it back. */
  writeProducts(changes: readonly ProductChange[]): Promise<readonly boolean[]>;
  /** A product shows the best of its SKUs, whether their stock is told before it or after it. */
  writeStock(changes: readonly StockChange[]): Promise<readonly boolean[]>;
  /** Forgets up to `limit` products that were removed before then; resolves with how many. */
  forgetRemoved(which: { readonly before: Date; readonly limit: number }): Promise<number>;
}
