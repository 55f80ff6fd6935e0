/** What a cart is, apart from how it is stored and shown. */
import type { CouponTerms } from './coupon.ts';

/** Most pieces of one line. */
export const maximumQuantity = 99;
/** Most lines of one cart. */
export const maximumLines = 100;
/** Most coupons of one cart. */
export const maximumCoupons = 3;

/**
 * Whose cart it is. A customer's is found by the account alone, a guest's by the id that follows from a secret: so no id opens
 * the cart of an account, whoever has it.
 */
export type CartOwner =
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'guest'; readonly cartId: string };

export interface CartLine {
  readonly variantId: string;
  readonly productId: string;
  readonly quantity: number;
  /** What the customer saw last, in the currency of the cart. */
  readonly unitPriceMinor: number;
  /** Of the price that was seen; 0: it was seen in another currency, or never. */
  readonly priceVersion: number;
  readonly addedAtMs: number;
}

export interface CartCoupon {
  readonly code: string;
  /** As they were when the coupon was put in; a quote looks again. */
  readonly terms: CouponTerms;
}

export interface Cart {
  /** Public: events and orders name it. Changes when the cart was ordered. */
  readonly id: string;
  readonly currency: string;
  /** Grows by one with each change. */
  readonly version: number;
  readonly createdAtMs: number;
  /** Last change by the customer. */
  readonly changedAtMs: number;
  /** In the order in which they were added. */
  readonly lines: readonly CartLine[];
  /** By code. */
  readonly coupons: readonly CartCoupon[];
  /** Guest carts whose merge has not been announced yet, by id. */
  readonly untoldMerges: readonly string[];
}

/** A cart that nothing is in: shown to a customer who has none yet. */
export function isEmpty({ lines }: Cart): boolean {
  return lines.length === 0;
}
