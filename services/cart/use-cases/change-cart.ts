/** Changes of a cart by its customer. */
import { ProblemError } from '#chassis/problem.ts';
import type { CartDeps } from '../deps.ts';
import { type Cart, maximumCoupons, maximumLines, maximumQuantity } from '../domain/cart.ts';
import { couponKey, findObstacle, findUnmetTerm, termsOf } from '../domain/coupon.ts';
import type { Offer } from '../domain/offer.ts';
import type { Offers } from '../domain/priced-cart.ts';
import type { CartRefusal, CartResult, CartTarget } from '../store/carts.ts';
import { type CouponForUser, findCoupon } from '../store/coupons.ts';
import { priceOrRefuse, type ShownCart, showCart } from './show-cart.ts';

export interface QuantityChange {
  readonly variantId: string;
  readonly mode: 'set' | 'add';
  readonly quantity: number;
  readonly tag?: string | undefined;
}

/** Sets or changes the quantity of a line; more of something is asked for at the catalogue and the stock, less is not. */
export async function changeQuantity(deps: CartDeps, target: CartTarget, change: QuantityChange): Promise<ShownCart> {
  const isMore = change.quantity > 0;
  const known: Offers = isMore ? await deps.catalogue.ask([change]) : new Map();
  const offer = known.get(change.variantId);
  if (isMore) await assertBuyable(deps, target, change, offer);
  const { cart } = unwrapCart(
    await inTheBooks(deps, target, () => deps.carts.changeLine(target, { ...change, offer }, deps.defaultCurrency)),
  );
  return showCart(deps, target.owner, cart, known);
}

async function assertBuyable(deps: CartDeps, target: CartTarget, change: QuantityChange, offer: Offer | undefined) {
  const { variantId, quantity } = change;
  if (offer === undefined || !offer.isForSale)
    throw new ProblemError('variant-unavailable', `there is no article ${variantId} for sale`);
  const available = await deps.stock.availableToPromise(offer.sku);
  if (available === undefined) return;
  const isScarce = available < quantity + maximumQuantity;
  const present = change.mode === 'add' && isScarce ? await quantityOf(deps, target, variantId) : 0;
  if (present + quantity > available)
    throw new ProblemError('out-of-stock', `there is not enough of ${offer.sku} in stock`);
}

async function quantityOf({ carts }: CartDeps, target: CartTarget, variantId: string): Promise<number> {
  const lines = (await carts.read(target))?.lines ?? [];
  return lines.find((line) => line.variantId === variantId)?.quantity ?? 0;
}

/** Makes the change, and tells the search for abandoned carts of it at the same time: that is a hint and never fails a change. */
async function inTheBooks<T>(deps: CartDeps, { owner }: CartTarget, change: () => Promise<T>): Promise<T> {
  if (owner.kind === 'guest') return change();
  const noted = deps.activity.note(owner.userId).catch((err: unknown) => {
    deps.logger.warn({ err }, 'a change of a cart could not be noted');
  });
  const [result] = await Promise.all([change(), noted]);
  return result;
}

/** Puts a coupon in, if it may be used now. Whoever guesses codes waits. */
export async function addCoupon(
  deps: CartDeps,
  target: CartTarget,
  { code, address }: { readonly code: string; readonly address: string },
): Promise<ShownCart> {
  const waitSeconds = await deps.guesses.waitSeconds(address);
  if (waitSeconds > 0)
    throw new ProblemError('too-many-requests', 'too many unknown coupon codes', { retryAfterSeconds: waitSeconds });
  const cart = await readOrRefuse(deps, target);
  const { owner } = target;
  const key = couponKey(code);
  const coupon = await findCoupon(deps.database.primary, key, owner.kind === 'user' ? owner.userId : undefined);
  if (coupon === undefined || !coupon.isActive) {
    await deps.guesses.count(address);
    throw new ProblemError('coupon-not-applicable', `there is no coupon ${key}`);
  }
  const offers: Offers = cart.lines.length === 0 ? new Map() : await deps.catalogue.ask(cart.lines);
  assertApplicable(deps, coupon, cart, offers);
  const result = await inTheBooks(deps, target, () => deps.carts.changeCoupon(target, key, termsOf(coupon)));
  return showCart(deps, owner, unwrapCart(result).cart, offers);
}

function assertApplicable(deps: CartDeps, coupon: CouponForUser, cart: Cart, offers: Offers): void {
  const { totals } = priceOrRefuse(deps, cart, offers);
  const context = { currency: cart.currency, subtotalMinor: totals.subtotalMinor, nowMs: deps.now() };
  const obstacle = findObstacle(coupon, coupon.usedByUser, context.nowMs) ?? findUnmetTerm(coupon, context);
  if (obstacle !== undefined)
    throw new ProblemError('coupon-not-applicable', `the coupon ${coupon.code} cannot be used: ${obstacle}`);
}

/** Takes a coupon out; one that is not in it is out. */
export async function removeCoupon(deps: CartDeps, target: CartTarget, code: string): Promise<ShownCart> {
  const result = await inTheBooks(deps, target, () => deps.carts.changeCoupon(target, couponKey(code), undefined));
  return showCart(deps, target.owner, unwrapCart(result).cart);
}

/** The cart, or `not-found`: nobody learns whether it is somebody else's. */
export async function readOrRefuse(deps: CartDeps, target: CartTarget): Promise<Cart> {
  const cart = await deps.carts.read(target);
  if (cart === undefined) throw noCart();
  return cart;
}

export function noCart(): ProblemError {
  return new ProblemError('not-found', 'there is no such cart, or it is not yours');
}

/** What the change gave; throws the problem that stands for its refusal. */
export function unwrapCart(result: CartResult): Exclude<CartResult, { state: 'refused' }> {
  if (result.state === 'refused') throw toProblem(result.reason);
  return result;
}

const limits: Readonly<Record<Exclude<CartRefusal, 'missing' | 'price'>, string>> = {
  quantity: `a line has at most ${maximumQuantity} pieces`,
  lines: `a cart has at most ${maximumLines} lines`,
  amount: 'a line costs more than the shop can sell at once',
  coupons: `a cart has at most ${maximumCoupons} coupons`,
  merges: 'too many guest carts were merged into this cart',
};

function toProblem(reason: CartRefusal): ProblemError {
  if (reason === 'missing') return noCart();
  if (reason === 'price')
    return new ProblemError('variant-unavailable', 'the article has no price in the currency of the cart');
  return new ProblemError('cart-limit-reached', limits[reason]);
}
