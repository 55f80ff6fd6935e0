/** The engine's port for rebuilds: the live index, and one beside it that is being filled or was live before. */
import type { ProductChange } from './product-index.ts';

export interface Places {
  /** That is asked and written to. */
  readonly live: string | undefined;
  /** That is written to as well. */
  readonly shadow: string | undefined;
}

export interface IndexState {
  readonly name: string;
  /** `unused`: left over from a rebuild that was cut off; the next one deletes it. */
  readonly role: 'live' | 'shadow' | 'unused';
  readonly products: number;
  /** Products that may not be found, kept so that older events do not bring them back. */
  readonly tombstones: number;
  readonly sizeBytes: number;
  /** Made by another release of the mapping: a rebuild brings it up to date. */
  readonly isOutdated: boolean;
}

/** Every step may be repeated. */
export interface IndexPair {
  readPlaces(): Promise<Places>;
  /** A name that no index has had since the oldest that is still there. */
  nextName(): Promise<string>;
  /** Makes the index the shadow: from this moment on it gets every change. Those that are neither live nor this one are deleted. */
  openShadow(index: string): Promise<void>;
  /** Takes what is remembered of removed products over into the shadow: a late event must not bring one back there either. */
  copyTombstones(from: string): Promise<void>;
  /** As `ProductIndex.writeProducts`, into the shadow only; fails when there is none. */
  fillShadow(changes: readonly ProductChange[]): Promise<readonly boolean[]>;
  /** Makes everything that was written to the index so far countable. */
  refresh(index: string): Promise<void>;
  /** Products in the index that can be found now. */
  countProducts(index: string): Promise<number>;
  /** Lets the two change places, for readers and writers in one step. Nothing when `to` is live already. */
  exchange(to: string): Promise<void>;
  /** The shadow is no more; nothing when the index is live. */
  dropShadow(index: string): Promise<void>;
  inspect(): Promise<readonly IndexState[]>;
}
