/** The hash that a cart is in Redis, read and written. The fields are described in `scripts.ts`. */
import type { Cart, CartCoupon, CartLine } from '../domain/cart.ts';
import type { CouponTerms } from '../domain/coupon.ts';

/** HGETALL as a script gives it: names and values in turn. */
export function toFields(flat: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) fields.set(flat[index] ?? '', flat[index + 1] ?? '');
  return fields;
}

/** The cart in a hash. */
export function parseCart(fields: ReadonlyMap<string, string>): Cart {
  const lines: CartLine[] = [];
  const coupons: CartCoupon[] = [];
  const untoldMerges: string[] = [];
  for (const [name, value] of fields) {
    const rest = name.slice(2);
    if (name.startsWith('l:')) lines.push(parseLine(rest, value));
    // We wrote it.
    else if (name.startsWith('c:')) coupons.push({ code: rest, terms: JSON.parse(value) as CouponTerms });
    else if (name.startsWith('g:') && value.endsWith('|0')) untoldMerges.push(rest);
  }
  return {
    id: fields.get('id') ?? '',
    currency: fields.get('cur') ?? '',
    version: Number(fields.get('v')),
    createdAtMs: Number(fields.get('at')),
    changedAtMs: Number(fields.get('up')),
    lines: lines.toSorted((a, b) => a.addedAtMs - b.addedAtMs || (a.variantId < b.variantId ? -1 : 1)),
    coupons: coupons.toSorted((a, b) => (a.code < b.code ? -1 : 1)),
    untoldMerges,
  };
}

function parseLine(variantId: string, text: string): CartLine {
  const [quantity, unitPriceMinor, priceVersion, addedAtMs, productId = ''] = text.split('|');
  return {
    variantId,
    productId,
    quantity: Number(quantity),
    unitPriceMinor: Number(unitPriceMinor),
    priceVersion: Number(priceVersion),
    addedAtMs: Number(addedAtMs),
  };
}

/** The value of a line's field. */
export function formatLine({ quantity, unitPriceMinor, priceVersion, addedAtMs, productId }: CartLine): string {
  return [quantity, unitPriceMinor, priceVersion, addedAtMs, productId].join('|');
}
