/** What a product is, apart from how it is asked for and stored. */
import type { Currency } from '#contracts/money.ts';

export const productStatuses = ['draft', 'active', 'archived'] as const;
/** Only `active` products are shown to customers. */
export type ProductStatus = (typeof productStatuses)[number];

/** Most variants of one product, and most options that tell them apart; the database says the same of the options. */
export const maximumVariants = 100;
export const maximumOptions = 5;

/** Price of a variant in one currency; `compareAtMinor` is the struck-out price and higher. */
export interface Price {
  readonly currency: Currency;
  readonly amountMinor: number;
  readonly compareAtMinor?: number | undefined;
}

/** A price that is in force for a while instead of the regular one. */
export interface TimedPrice extends Price {
  /** RFC 3339. */
  readonly validFrom: string;
  /** Null: until further notice. */
  readonly validTo: string | null;
}

export type AttributeValue = string | number | boolean;

/** What is sold: one combination of a product's options. */
export interface NewVariant {
  readonly sku: string;
  /** A value for each option of the product. */
  readonly options: Readonly<Record<string, string>>;
  readonly barcode: string | null;
  readonly weightGrams: number | null;
  readonly prices: readonly Price[];
}

/** A merge patch: absent members stay, `options` and `prices` are replaced as a whole. */
export type VariantPatch = { readonly [Field in keyof NewVariant]?: NewVariant[Field] | undefined };

/** The variants of a product and the options that tell them apart. The first one is the default. */
export interface VariantSet {
  /** Names in the order in which they are shown; none where there is one variant. */
  readonly options: readonly string[];
  readonly variants: readonly NewVariant[];
}

/** What a product has beside its variants. */
export interface ProductFields {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly status: ProductStatus;
  readonly categoryId: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface NewProduct extends ProductFields, VariantSet {}

/** A product as it may be written down: with one variant, the product's own members `sku` and `prices` are enough. */
export interface WrittenProduct extends ProductFields {
  readonly sku?: string | undefined;
  readonly prices?: readonly Price[] | undefined;
  readonly options: readonly string[];
  readonly variants?: readonly NewVariant[] | undefined;
}

/** The product with its variants, however they were written down. */
export function toNewProduct({ sku = '', prices = [], variants, ...product }: WrittenProduct): NewProduct {
  return {
    ...product,
    variants: variants ?? [{ sku, prices, options: {}, barcode: null, weightGrams: null }],
  };
}

/**
 * A merge patch (RFC 7396): absent members stay, `prices` is replaced as a whole, a `null` attribute is removed. SKU and prices are
 * those of the default variant.
 */
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

/** A picture: at an address elsewhere, or a file that was uploaded. */
export interface MediaItem {
  readonly url?: string | undefined;
  readonly fileId?: string | undefined;
  /** For who cannot see it; empty for decoration. */
  readonly alt: string;
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
  /** Products that have one of these variants. */
  readonly variantIds?: readonly string[] | undefined;
  readonly skus?: readonly string[] | undefined;
  /** Needed for the price bounds and for sorting by price; products whose default variant has no price in it are left out. */
  readonly currency?: Currency | undefined;
  readonly minPriceMinor?: number | undefined;
  readonly maxPriceMinor?: number | undefined;
}
