/** Coupons: what they give and when they may be used. */
import type { Currency } from '#contracts/money.ts';
import type { DiscountTerms } from '#contracts/totals.ts';

export const couponKinds = ['percent', 'fixed', 'free-shipping'] as const;
export type CouponKind = (typeof couponKinds)[number];

/** What a coupon gives, and the conditions that a cart can be asked about without the database. */
export interface CouponTerms {
  readonly kind: CouponKind;
  /** Basis points of a percentage, minor units of a fixed amount, 0 for free shipping. */
  readonly value: number;
  /** Of a fixed amount and of the least spend; null where neither is. */
  readonly currency: Currency | null;
  /** Least sum of the lines, minor units. */
  readonly minimumSpendMinor: number;
  readonly endsAt: string | null;
}

/** A coupon as it is stored. */
export interface Coupon extends CouponTerms {
  readonly id: string;
  readonly code: string;
  readonly isActive: boolean;
  readonly startsAt: string | null;
  /** Null: as often as one likes. */
  readonly maximumUses: number | null;
  readonly maximumUsesPerUser: number | null;
  readonly used: number;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Codes are compared without regard to case. */
export function couponKey(code: string): string {
  return code.trim().toUpperCase();
}

/** The cart that a coupon is held against. */
export interface CouponContext {
  readonly currency: string;
  readonly subtotalMinor: number;
  readonly nowMs: number;
}

/** Why the terms do not apply to this cart; nothing when they do. */
export function findUnmetTerm(terms: CouponTerms, { currency, subtotalMinor, nowMs }: CouponContext) {
  if (terms.endsAt !== null && Date.parse(terms.endsAt) <= nowMs) return 'it has ended';
  if (terms.currency !== null && terms.currency !== currency) return `it is for carts in ${terms.currency}`;
  if (subtotalMinor < terms.minimumSpendMinor)
    return `the articles must cost at least ${terms.minimumSpendMinor} minor units together`;
  return undefined;
}

/** Why the coupon cannot be taken at all; `usedByUser` is how often this customer has used it. */
export function findObstacle(coupon: Coupon, usedByUser: number, nowMs: number): string | undefined {
  if (!coupon.isActive) return 'it is not valid';
  if (coupon.startsAt !== null && Date.parse(coupon.startsAt) > nowMs) return 'it is not valid yet';
  if (coupon.endsAt !== null && Date.parse(coupon.endsAt) <= nowMs) return 'it has ended';
  if (coupon.maximumUses !== null && coupon.used >= coupon.maximumUses) return 'it is used up';
  if (coupon.maximumUsesPerUser !== null && usedByUser >= coupon.maximumUsesPerUser)
    return 'this customer has used it as often as allowed';
  return undefined;
}

/** What it takes off, for the totals. */
export function toDiscount({ kind, value }: CouponTerms): DiscountTerms {
  if (kind === 'percent') return { kind, basisPoints: value };
  return kind === 'fixed' ? { kind, amountMinor: value } : { kind };
}

/** The part of a coupon that a cart keeps. */
export function termsOf({ kind, value, currency, minimumSpendMinor, endsAt }: CouponTerms): CouponTerms {
  return { kind, value, currency, minimumSpendMinor, endsAt };
}
