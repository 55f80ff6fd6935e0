/** What the index knows of a product. */
import type { ShownAvailability } from '#contracts/availability.ts';
import type { ProductState } from '#contracts/events/product.ts';
import { isCurrency } from '#contracts/money.ts';
import { fold } from './fold.ts';

/** A product that customers may find. */
export interface ProductDocument {
  readonly isVisible: true;
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  /** Folded: for titles that are asked for as a whole, and for sorting. */
  readonly titleKey: string;
  readonly description: string;
  /** Of the default variant. */
  readonly sku: string;
  /** Of all variants; absent in documents of releases that knew the default one only. */
  readonly skus?: readonly string[];
  /** The same folded: who asks for one gets the product. */
  readonly skuKey: string | readonly string[];
  readonly categoryId: string | null;
  readonly attributes: ProductState['attributes'];
  /** Texts of the attributes, to be found by. */
  readonly keywords: readonly string[];
  /** Currency → minor units: to filter and sort by. */
  readonly prices: Readonly<Record<string, number>>;
  /** As the product tells them: to be shown. */
  readonly priceList: readonly ShownPrice[];
  /** The best of its variants. */
  readonly availability: ShownAvailability;
  readonly popularity: number;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ShownPrice {
  readonly currency: string;
  readonly amountMinor: number;
  readonly compareAtMinor?: number | undefined;
}

/** What stays of a product that may not be found: it keeps older events from bringing it back. */
export interface Tombstone {
  readonly isVisible: false;
  readonly id: string;
  readonly version: number;
  readonly removedAt: string;
}

export type IndexedDocument = ProductDocument | Tombstone;

/** What is known of each SKU. */
export type Stock = ReadonlyMap<string, ShownAvailability>;

/** SKUs of all variants, that of the default one first. Events of releases before variants know no other. */
export function skusOf({ sku, variants = [] }: Pick<ProductState, 'sku' | 'variants'>): readonly string[] {
  return [...new Set([sku, ...variants.map((variant) => variant.sku)])];
}

/** A product can be had when one of its variants can; it cannot only when that is known of all. */
const fromBest: readonly ShownAvailability[] = ['in-stock', 'low-stock', 'backorder', 'unknown', 'out-of-stock'];

/** The best of the SKUs. */
export function availabilityOf(skus: readonly string[], stock: Stock): ShownAvailability {
  const present = new Set(skus.map((sku) => stock.get(sku) ?? 'unknown'));
  return fromBest.find((one) => present.has(one)) ?? 'unknown';
}

/** The document of a product, whatever its status; `now` is only noted on what may not be found. */
export function toDocument(product: ProductState, stock: Stock, now: Date): IndexedDocument {
  if (product.status !== 'active') return toTombstone(product, now);
  const skus = skusOf(product);
  const { id, slug, title, description, sku, categoryId, attributes, prices, version, createdAt, updatedAt } = product;
  return {
    isVisible: true,
    id,
    slug,
    title,
    titleKey: fold(title),
    description,
    sku,
    skus,
    skuKey: skus.map(fold),
    categoryId,
    attributes,
    keywords: [...skus, ...Object.values(attributes).filter((value) => typeof value === 'string')],
    prices: Object.fromEntries(
      prices.filter(({ currency }) => isCurrency(currency)).map(({ currency, amountMinor }) => [currency, amountMinor]),
    ),
    priceList: prices.map(({ currency, amountMinor, compareAtMinor }) => ({
      currency,
      amountMinor,
      ...(compareAtMinor === undefined ? {} : { compareAtMinor }),
    })),
    availability: availabilityOf(skus, stock),
    popularity: 0,
    version,
    createdAt,
    updatedAt,
  };
}

export function toTombstone({ id, version }: { readonly id: string; readonly version: number }, now: Date): Tombstone {
  return { isVisible: false, id, version, removedAt: now.toISOString() };
}

/** How often the document of one version of a product can be changed for its stock. */
const revisionsPerVersion = 2 ** 20;

/**
 * The version that a product's document is written with: that of the product comes first, so that an old event never wins. The
 * numbers between are for changes of the stock, which has versions of its own: each adds 1 to what it read.
 */
export function documentVersion(productVersion: number): number {
  return productVersion * revisionsPerVersion;
}
