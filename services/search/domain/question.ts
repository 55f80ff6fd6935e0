/** What a customer asks for. */

import type { ShownAvailability } from '#contracts/availability.ts';
import type { Currency } from '#contracts/money.ts';

export const sorts = ['relevance', 'price', '-price', 'newest', 'title', 'popularity'] as const;
export type Sort = (typeof sorts)[number];

/** What hits can be counted by. */
export type FacetName = 'category' | 'price' | 'availability' | `attributes.${string}`;

export interface Question {
  readonly text: string | undefined;
  /** Ids; empty: a category that does not exist, so that nothing is found. Absent: any. */
  readonly categoryIds: readonly string[] | undefined;
  readonly currency: Currency | undefined;
  readonly minPriceMinor: number | undefined;
  readonly maxPriceMinor: number | undefined;
  /** Leaves out what is known to be out of stock. */
  readonly inStock: boolean;
  /** Name → values: one of them. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  readonly sort: Sort;
}

/** A product as a result shows it. */
export interface Hit {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly sku: string;
  readonly categoryId: string | null;
  readonly prices: readonly {
    readonly currency: string;
    readonly amountMinor: number;
    readonly compareAtMinor?: number | undefined;
  }[];
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly availability: ShownAvailability;
}

export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

/** What the hits have in common: those of the facets that were asked for. */
export interface Facets {
  readonly categories?: readonly {
    readonly id: string;
    readonly slug: string;
    readonly name: string;
    readonly parentId: string | null;
    readonly count: number;
  }[];
  readonly price?: PriceFacet;
  readonly availability?: readonly { readonly value: ShownAvailability; readonly count: number }[];
  readonly attributes?: Readonly<
    Record<string, { readonly values: readonly ValueCount[]; readonly otherCount: number }>
  >;
}

export interface PriceFacet {
  readonly currency: string;
  readonly stepMinor: number;
  /** From `fromMinor`, inclusive, to the next bar. */
  readonly bars: readonly { readonly fromMinor: number; readonly count: number }[];
}
