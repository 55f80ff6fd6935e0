/** What a product is, apart from how it is asked for and stored. */
import type { Currency } from '#contracts/money.ts';

export const productStatuses = ['draft', 'active', 'archived'] as const;
/** Only `active` products are shown to customers. */
export type ProductStatus = (typeof productStatuses)[number];

/** Price of the product in one currency; `compareAtMinor` is the struck-out price and higher. */
export interface Price {
  readonly currency: Currency;
  readonly amountMinor: number;
  readonly compareAtMinor?: number | undefined;
}

export type AttributeValue = string | number | boolean;

export interface NewProduct {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly status: ProductStatus;
  readonly categoryId: string | null;
  readonly sku: string;
  readonly prices: readonly Price[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A merge patch (RFC 7396): absent members stay, `prices` is replaced as a whole, a `null` attribute is removed. */
export interface ProductPatch {
  readonly slug?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly status?: ProductStatus | undefined;
  readonly categoryId?: string | null | undefined;
  readonly sku?: string | undefined;
  readonly prices?: readonly Price[] | undefined;
  readonly attributes?: Readonly<Record<string, AttributeValue | null>> | undefined;
}

export const productSorts = ['newest', 'oldest', 'title', '-title', 'price', '-price'] as const;
export type ProductSort = (typeof productSorts)[number];

/** What a list of products shows, and in which order. */
export interface ProductFilter {
  readonly sort: ProductSort;
  /** `any` shows all statuses. */
  readonly status: ProductStatus | 'any';
  /** Id or slug; includes what is in categories below. */
  readonly category?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly skus?: readonly string[] | undefined;
  /** Needed for the price bounds and for sorting by price; products without a price in it are left out. */
  readonly currency?: Currency | undefined;
  readonly minPriceMinor?: number | undefined;
  readonly maxPriceMinor?: number | undefined;
}
