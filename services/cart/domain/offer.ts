/** What the catalogue says about something that can be in a cart. */

/** A variant as it is sold now. */
export interface Offer {
  readonly variantId: string;
  readonly productId: string;
  /** Of the product: moves with each change, so an older offer is told from a newer one. */
  readonly version: number;
  readonly isForSale: boolean;
  readonly sku: string;
  /** Of the product. */
  readonly title: string;
  /** What tells it from the product's other variants. */
  readonly options: Readonly<Record<string, string>>;
  /** By currency. */
  readonly prices: Readonly<Record<string, OfferPrice>>;
}

export interface OfferPrice {
  readonly amountMinor: number;
  /** Another one after each change of the amounts. */
  readonly version: number;
}

/** Names a variant. */
export type VariantRef = Pick<Offer, 'variantId'>;

/** Price in this currency, if it is for sale in it. */
export function priceIn(offer: Offer, currency: string): OfferPrice | undefined {
  if (!offer.isForSale || !Object.hasOwn(offer.prices, currency)) return undefined;
  return offer.prices[currency];
}
