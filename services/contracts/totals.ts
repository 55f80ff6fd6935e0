/**
 * What a cart or an order costs: the one place that adds, rounds and shares out. Pure, and in whole minor units.
 *
 * Always: sum of the lines + shipping + tax − discount = total. Prices are without tax. Each line, and shipping, is rounded by
 * itself, half to even, so that the sum of the lines on the invoice is the sum on the invoice.
 */
import type { Currency } from './money.ts';

/** 100 %. */
export const basisPointsOfAll = 10_000;

export interface PricedLine {
  /** 1 or more pieces. */
  readonly quantity: number;
  readonly unitPriceMinor: number;
  /** 1900 is 19 %. */
  readonly taxRateBasisPoints: number;
}

/** What a discount gives; conditions are somebody else's. */
export type DiscountTerms =
  | { readonly kind: 'percent'; readonly basisPoints: number }
  | { readonly kind: 'fixed'; readonly amountMinor: number }
  | { readonly kind: 'free-shipping' };

export interface TotalsInput {
  readonly currency: Currency;
  readonly lines: readonly PricedLine[];
  /** Applied one after the other, each to what the ones before have left. */
  readonly discounts: readonly DiscountTerms[];
  readonly shipping: { readonly feeMinor: number; readonly taxRateBasisPoints: number };
}

export interface LineTotals {
  /** Quantity times price. */
  readonly subtotalMinor: number;
  /** Share of the discounts; at most the subtotal. */
  readonly discountMinor: number;
  /** On what the discount leaves. */
  readonly taxMinor: number;
  /** Subtotal − discount + tax. */
  readonly totalMinor: number;
}

export interface Totals {
  readonly currency: Currency;
  /** In the order of the input. */
  readonly lines: readonly LineTotals[];
  /** What each discount takes off, in the order of the input. */
  readonly discounts: readonly number[];
  readonly subtotalMinor: number;
  /** All discounts, that on shipping included. */
  readonly discountMinor: number;
  /** The fee before a discount on it. */
  readonly shippingMinor: number;
  /** Of the lines and of shipping. */
  readonly taxMinor: number;
  readonly totalMinor: number;
}

/** Throws `RangeError` for what is no amount, quantity or rate, and when a sum is beyond the exact integers of JSON. */
export function calculateTotals(input: TotalsInput): Totals {
  const lines = input.lines.map(toOpenLine);
  const fee = toAmount(input.shipping.feeMinor, 'shipping fee');
  let feeLeft = fee;
  const discounts = input.discounts.map((terms) => {
    if (terms.kind !== 'free-shipping') return takeOff(lines, terms);
    const taken = feeLeft;
    feeLeft = 0n;
    return taken;
  });
  const finished = lines.map(finishLine);
  const shippingTax = shareOf(feeLeft, toRate(input.shipping.taxRateBasisPoints));
  const subtotal = sum(finished.map((line) => line.subtotal));
  const discount = sum(discounts);
  const tax = sum(finished.map((line) => line.tax)) + shippingTax;
  return {
    currency: input.currency,
    lines: finished.map(toLineTotals),
    discounts: discounts.map(toNumber),
    subtotalMinor: toNumber(subtotal),
    discountMinor: toNumber(discount),
    shippingMinor: toNumber(fee),
    taxMinor: toNumber(tax),
    totalMinor: toNumber(subtotal + fee + tax - discount),
  };
}

/** `amount` × `numerator` / `denominator`, rounded half to even; none is negative. */
export function divideHalfEven(amount: bigint, numerator: bigint, denominator: bigint): bigint {
  const product = amount * numerator;
  const quotient = product / denominator;
  const twice = (product % denominator) * 2n;
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}

interface OpenLine {
  readonly subtotal: bigint;
  readonly taxRate: bigint;
  /** What no discount has taken yet. */
  left: bigint;
}

function toOpenLine({ quantity, unitPriceMinor, taxRateBasisPoints }: PricedLine): OpenLine {
  if (!Number.isSafeInteger(quantity) || quantity < 1) throw new RangeError(`a quantity is ${quantity}, not 1 or more`);
  const subtotal = BigInt(quantity) * toAmount(unitPriceMinor, 'price');
  return { subtotal, taxRate: toRate(taxRateBasisPoints), left: subtotal };
}

function takeOff(lines: readonly OpenLine[], terms: Exclude<DiscountTerms, { kind: 'free-shipping' }>): bigint {
  if (terms.kind === 'percent') {
    const rate = toRate(terms.basisPoints);
    return takeShares(
      lines,
      lines.map(({ left }) => shareOf(left, rate)),
    );
  }
  const wanted = toAmount(terms.amountMinor, 'discount');
  const available = sum(lines.map(({ left }) => left));
  if (available <= wanted)
    return takeShares(
      lines,
      lines.map(({ left }) => left),
    );
  return takeShares(lines, shareOut(wanted, lines));
}

/** In proportion to what is left of each line; what rounding leaves goes to the largest remainders, the first line first. */
function shareOut(amount: bigint, lines: readonly OpenLine[]): readonly bigint[] {
  const whole = sum(lines.map(({ left }) => left));
  if (whole === 0n) return lines.map(() => 0n);
  const shares = lines.map(({ left }) => (amount * left) / whole);
  const order = lines
    .map(({ left }, index) => ({ index, remainder: (amount * left) % whole }))
    .toSorted((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  const missing = Number(amount - sum(shares));
  const raised = new Set(order.slice(0, missing).map(({ index }) => index));
  return shares.map((share, index) => (raised.has(index) ? share + 1n : share));
}

function takeShares(lines: readonly OpenLine[], shares: readonly bigint[]): bigint {
  for (const [index, line] of lines.entries()) line.left -= shares[index] ?? 0n;
  return sum(shares);
}

interface FinishedLine {
  readonly subtotal: bigint;
  readonly left: bigint;
  readonly tax: bigint;
}

function finishLine({ subtotal, left, taxRate }: OpenLine): FinishedLine {
  return { subtotal, left, tax: shareOf(left, taxRate) };
}

function toLineTotals({ subtotal, left, tax }: FinishedLine): LineTotals {
  return {
    subtotalMinor: toNumber(subtotal),
    discountMinor: toNumber(subtotal - left),
    taxMinor: toNumber(tax),
    totalMinor: toNumber(left + tax),
  };
}

function shareOf(amount: bigint, rate: bigint): bigint {
  return divideHalfEven(amount, rate, BigInt(basisPointsOfAll));
}

function toAmount(value: number, what: string): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`a ${what} is ${value}, not a whole amount`);
  return BigInt(value);
}

function toRate(value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0 || value > basisPointsOfAll)
    throw new RangeError(`a rate is ${value}, not 0 to ${basisPointsOfAll} basis points`);
  return BigInt(value);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${value} is beyond the exact integers of JSON`);
  return Number(value);
}
