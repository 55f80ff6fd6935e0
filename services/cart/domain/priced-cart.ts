/** A cart with the prices of now: what customers see, and what quotes are made of. */
import { type Currency, isCurrency } from '#contracts/money.ts';
import { calculateTotals, type LineTotals, type PricedLine, type Totals } from '#contracts/totals.ts';
import type { Cart, CartCoupon, CartLine } from './cart.ts';
import { couponKinds, findUnmetTerm, toDiscount } from './coupon.ts';
import { type Offer, priceIn } from './offer.ts';

/** What is charged beside the articles. */
export interface Charges {
  readonly taxRateBasisPoints: number;
  /** Flat fee by currency; none where a currency has none. */
  readonly shippingFees: Readonly<Record<string, number>>;
}

/**
 * `available`: the price is that of now. `unavailable`: not for sale in this currency, and not counted. `unverified`: the catalogue
 * does not answer, and the price is the last one known.
 */
export type LineState = 'available' | 'unavailable' | 'unverified';

export interface PricedCartLine extends LineTotals {
  readonly variantId: string;
  readonly productId: string;
  readonly sku: string | null;
  readonly title: string | null;
  readonly options: Offer['options'] | null;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  /** What the customer saw last, when it was another price. */
  readonly previousUnitPriceMinor: number | null;
  readonly state: LineState;
}

export interface PricedCoupon {
  readonly code: string;
  readonly discountMinor: number;
  /** Why it takes nothing off now; null when it does. */
  readonly obstacle: string | null;
}

export interface PricedCart {
  readonly lines: readonly PricedCartLine[];
  readonly coupons: readonly PricedCoupon[];
  readonly totals: Omit<Totals, 'lines' | 'discounts'>;
}

/** An entry per variant that was asked for: its offer, or nothing when it is not for sale; absent when nobody could be asked. */
export type Offers = ReadonlyMap<string, Offer | undefined>;

/** Prices every line, applies the coupons whose terms are met, and adds up. */
export function priceCart(cart: Cart, offers: Offers, charges: Charges, nowMs: number): PricedCart {
  const currency = currencyOf(cart);
  const lines = cart.lines.map((line) => priceLine(line, offers, currency));
  const counted = lines.filter(({ state }) => state !== 'unavailable');
  const subtotalMinor = counted.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0);
  const context = { currency, subtotalMinor, nowMs };
  const coupons = inOrder(cart.coupons).map((coupon) => ({
    ...coupon,
    obstacle: findUnmetTerm(coupon.terms, context),
  }));
  const met = coupons.filter(({ obstacle }) => obstacle === undefined);
  const feeMinor = counted.length === 0 ? 0 : (charges.shippingFees[currency] ?? 0);
  const { taxRateBasisPoints } = charges;
  const { lines: lineTotals, ...totals } = calculateTotals({
    currency,
    lines: counted.map(
      ({ quantity, unitPriceMinor }): PricedLine => ({ quantity, unitPriceMinor, taxRateBasisPoints }),
    ),
    discounts: met.map(({ terms }) => toDiscount(terms)),
    shipping: { feeMinor, taxRateBasisPoints },
  });
  const totalsOf = new Map(counted.map((line, index) => [line.variantId, lineTotals[index] ?? nothing]));
  const { discounts, ...sums } = totals;
  return {
    lines: lines.map((line) => ({ ...line, ...(totalsOf.get(line.variantId) ?? nothing) })),
    coupons: showCoupons(coupons, new Map(met.map(({ code }, index) => [code, discounts[index] ?? 0]))),
    totals: sums,
  };
}

const nothing: LineTotals = { subtotalMinor: 0, discountMinor: 0, taxMinor: 0, totalMinor: 0 };

type UncountedLine = Omit<PricedCartLine, keyof LineTotals>;

function priceLine(line: CartLine, offers: Offers, currency: Currency): UncountedLine {
  const { variantId, productId, quantity } = line;
  const offer = offers.get(variantId);
  const { sku = null, title = null, options = null } = offer ?? {};
  const base = { variantId, productId, sku, title, options, quantity };
  const stored = { unitPriceMinor: line.unitPriceMinor, previousUnitPriceMinor: null };
  if (!offers.has(variantId)) {
    // A price of another currency says nothing.
    return { ...base, ...stored, state: line.priceVersion === 0 ? 'unavailable' : 'unverified' };
  }
  const unitPriceMinor = offer === undefined ? undefined : priceIn(offer, currency)?.amountMinor;
  if (unitPriceMinor === undefined) return { ...base, ...stored, state: 'unavailable' };
  const isChanged = line.priceVersion > 0 && unitPriceMinor !== line.unitPriceMinor;
  const previousUnitPriceMinor = isChanged ? line.unitPriceMinor : null;
  return { ...base, unitPriceMinor, previousUnitPriceMinor, state: 'available' };
}

/** Percentages of the whole first, then amounts, then shipping: what a coupon gives does not depend on when it was put in. */
function inOrder(coupons: readonly CartCoupon[]): readonly CartCoupon[] {
  const rankOf = ({ terms }: CartCoupon) => couponKinds.indexOf(terms.kind);
  return coupons.toSorted((a, b) => rankOf(a) - rankOf(b) || (a.code < b.code ? -1 : 1));
}

function showCoupons(
  coupons: readonly (CartCoupon & { readonly obstacle: string | undefined })[],
  discounts: ReadonlyMap<string, number>,
): readonly PricedCoupon[] {
  return coupons.map(({ code, obstacle }) => ({
    code,
    discountMinor: discounts.get(code) ?? 0,
    obstacle: obstacle ?? null,
  }));
}

function currencyOf({ currency }: Cart): Currency {
  if (!isCurrency(currency)) throw new Error(`a cart is in ${currency}, which the shop does not know`);
  return currency;
}
