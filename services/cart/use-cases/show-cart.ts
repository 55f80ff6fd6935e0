/** A cart as its customer sees it. */
import { ProblemError } from '#chassis/problem.ts';
import type { CartDeps } from '../deps.ts';
import { type Cart, type CartOwner, isEmpty } from '../domain/cart.ts';
import { type Offers, type PricedCart, priceCart } from '../domain/priced-cart.ts';

export interface ShownCart extends PricedCart {
  readonly id: string;
  readonly kind: CartOwner['kind'];
  readonly currency: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** When it goes if nobody changes it; for an empty one of a guest it may be sooner. */
  readonly expiresAt: string;
}

/** With the prices of now. `known` are offers that the caller has asked for already. */
export async function showCart(deps: CartDeps, owner: CartOwner, cart: Cart, known?: Offers): Promise<ShownCart> {
  const open = cart.lines.filter(({ variantId }) => known?.has(variantId) !== true);
  const asked: Offers = open.length === 0 ? new Map() : await deps.catalogue.look(open);
  return describe(deps, owner, cart, priceOrRefuse(deps, cart, new Map([...asked, ...(known ?? [])])));
}

/** Prices the cart; a sum beyond the exact integers of JSON is refused. */
export function priceOrRefuse(deps: Pick<CartDeps, 'charges' | 'now'>, cart: Cart, offers: Offers): PricedCart {
  try {
    return priceCart(cart, offers, deps.charges, deps.now());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProblemError('cart-limit-reached', 'the sum is too large to be written exactly', { cause: error });
  }
}

function describe(deps: CartDeps, owner: CartOwner, cart: Cart, priced: PricedCart): ShownCart {
  const lifetimeMs = owner.kind === 'user' ? deps.lifetimes.userMs : deps.lifetimes.guestMs;
  return {
    id: cart.id,
    kind: owner.kind,
    currency: cart.currency,
    version: cart.version,
    ...priced,
    createdAt: toTime(cart.createdAtMs),
    updatedAt: toTime(cart.changedAtMs),
    expiresAt: toTime(cart.changedAtMs + lifetimeMs),
  };
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Refuses what nobody could order. */
export function assertOrderable(cart: Cart, priced: PricedCart): void {
  if (isEmpty(cart)) throw new ProblemError('cart-not-orderable', 'the cart is empty');
  const unavailable = priced.lines.filter(({ state }) => state !== 'available');
  if (unavailable.length === 0) return;
  throw new ProblemError('cart-not-orderable', `${unavailable.length} line(s) are not for sale`, {
    errors: unavailable.map(({ variantId }) => ({ pointer: `#/lines/${variantId}`, detail: 'is not for sale' })),
  });
}
