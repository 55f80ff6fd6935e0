/**
 * A quote: the cart as it costs now, promised for some minutes. An order is made from a quote and never from a cart, so that nobody
 * pays another price than the one that was shown. It tells which prices have changed since the customer saw them.
 */
import { ProblemError } from '#chassis/problem.ts';
import type { CartDeps } from '../deps.ts';
import type { Cart, CartLine } from '../domain/cart.ts';
import { findObstacle } from '../domain/coupon.ts';
import { type OfferPrice, priceIn } from '../domain/offer.ts';
import type { Offers, PricedCart } from '../domain/priced-cart.ts';
import type { CartTarget } from '../store/carts.ts';
import { findCoupon } from '../store/coupons.ts';
import { createQuote } from '../store/quotes.ts';
import { readOrRefuse } from './change-cart.ts';
import { assertOrderable, priceOrRefuse } from './show-cart.ts';

export interface PriceChange {
  readonly variantId: string;
  readonly previousUnitPriceMinor: number;
  readonly unitPriceMinor: number;
}

export interface Quote extends PricedCart {
  readonly id: string;
  readonly cartId: string;
  readonly cartVersion: number;
  readonly currency: string;
  /** Since the customer saw the cart last. */
  readonly priceChanges: readonly PriceChange[];
  readonly expiresAt: string;
}

/** Makes and keeps a quote. Prices come from the product service itself, coupons are looked at anew. */
export async function quoteCart(deps: CartDeps, target: CartTarget): Promise<Quote> {
  const cart = await readOrRefuse(deps, target);
  if (cart.lines.length === 0) throw new ProblemError('cart-not-orderable', 'the cart is empty');
  const [offers, obstacles] = await Promise.all([
    deps.catalogue.askAnew(cart.lines),
    findObstacles(deps, target, cart),
  ]);
  const usable = { ...cart, coupons: cart.coupons.filter(({ code }) => !obstacles.has(code)) };
  const priced = priceOrRefuse(deps, usable, offers);
  assertOrderable(cart, priced);
  const quote = {
    cartId: cart.id,
    cartVersion: cart.version,
    currency: cart.currency,
    ...priced,
    coupons: [...priced.coupons, ...toUnusable(obstacles)],
    priceChanges: priced.lines.flatMap(toPriceChange),
  };
  const id = deps.newId();
  const userId = target.owner.kind === 'user' ? target.owner.userId : null;
  const expiresAt = await createQuote(deps.database.primary, {
    id,
    cartId: cart.id,
    cartVersion: cart.version,
    userId,
    content: quote,
    lifetimeSeconds: deps.quoteSeconds,
  });
  await deps.carts.acceptPrices(target.owner, cart, acceptedLines(cart, priced, offers));
  return { id, ...quote, expiresAt };
}

/** Coupons of the cart that cannot be used any more, with the reason. */
async function findObstacles(deps: CartDeps, { owner }: CartTarget, cart: Cart): Promise<ReadonlyMap<string, string>> {
  const userId = owner.kind === 'user' ? owner.userId : undefined;
  const found = await Promise.all(
    cart.coupons.map(async ({ code }): Promise<readonly [string, string | undefined]> => {
      const coupon = await findCoupon(deps.database.primary, code, userId);
      if (coupon === undefined) return [code, 'it is not valid'];
      return [code, findObstacle(coupon, coupon.usedByUser, deps.now())];
    }),
  );
  return new Map(found.flatMap(([code, obstacle]) => (obstacle === undefined ? [] : [[code, obstacle] as const])));
}

function toUnusable(obstacles: ReadonlyMap<string, string>) {
  return [...obstacles].map(([code, obstacle]) => ({ code, discountMinor: 0, obstacle }));
}

function toPriceChange({ variantId, unitPriceMinor, previousUnitPriceMinor }: PricedCart['lines'][number]) {
  return previousUnitPriceMinor === null ? [] : [{ variantId, previousUnitPriceMinor, unitPriceMinor }];
}

/** Lines as the customer has seen them now. */
function acceptedLines(cart: Cart, priced: PricedCart, offers: Offers): readonly CartLine[] {
  const prices = new Map(priced.lines.map(({ variantId, unitPriceMinor }) => [variantId, unitPriceMinor]));
  return cart.lines.map((line) => ({
    ...line,
    unitPriceMinor: prices.get(line.variantId) ?? line.unitPriceMinor,
    priceVersion: priceOf(line, offers, cart)?.version ?? line.priceVersion,
  }));
}

function priceOf({ variantId }: CartLine, offers: Offers, { currency }: Cart): OfferPrice | undefined {
  const offer = offers.get(variantId);
  return offer === undefined ? undefined : priceIn(offer, currency);
}
