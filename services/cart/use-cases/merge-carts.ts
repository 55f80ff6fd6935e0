/**
 * What a guest has collected goes into the cart of the account that the guest signed in to. The two carts lie in different slots of
 * Redis, so it takes three steps, each of which may be repeated, and between any two of which the process may die:
 *
 * 1. The guest's cart is given to the account: nobody else can have it, and nobody can change it any more.
 * 2. Its lines are added to the account's cart together with a mark that they were: once, however often this is asked.
 * 3. The guest's cart is removed.
 *
 * Killed after 1, nothing is lost: the customer's next try (or the next sign-in) goes on. Killed after 2, the mark keeps the lines
 * from being added again.
 */
import { newEvent } from '#chassis/events/cloud-event.ts';
import type { Transaction } from '#chassis/postgres/statement.ts';
import { cartMerged } from '#contracts/events/cart.ts';
import type { CartDeps } from '../deps.ts';
import type { Cart, CartOwner } from '../domain/cart.ts';
import { claimCartNotice } from '../store/quotes.ts';
import { unwrapCart } from './change-cart.ts';
import { type ShownCart, showCart } from './show-cart.ts';

/** The merged cart, and how many lines did not fit as they were. */
export interface Merged {
  readonly cart: ShownCart;
  readonly cutLines: number;
}

/** Merges; a guest cart that is not there (any more) changes nothing. */
export async function mergeCarts(deps: CartDeps, userId: string, guestCartId: string): Promise<Merged> {
  const owner: CartOwner = { kind: 'user', userId };
  await deps.activity.note(userId);
  const fields = await deps.carts.merge.seal(guestCartId, userId);
  if (fields === undefined) {
    const { cart } = unwrapCart(await deps.carts.open(owner, { fallback: deps.defaultCurrency, isNew: true }));
    return { cart: await showCart(deps, owner, cart), cutLines: 0 };
  }
  const result = await deps.carts.merge.absorb(userId, guestCartId, fields);
  const { cart } = unwrapCart(result);
  await deps.carts.merge.drop(guestCartId, userId);
  await announceLater(deps, userId, cart);
  return { cart: await showCart(deps, owner, cart), cutLines: result.cutLines };
}

/** The merge is done: an event that cannot be stored now is stored by the search for abandoned carts. */
async function announceLater(deps: CartDeps, userId: string, cart: Cart): Promise<void> {
  try {
    await announceMerges(deps, userId, cart);
  } catch (err) {
    deps.logger.warn({ err, cart: cart.id }, 'a merge will be announced later');
  }
}

/** Tells of the merges of a cart that were not told of yet; once each. */
export async function announceMerges(
  { database, outbox, carts }: Pick<CartDeps, 'database' | 'outbox' | 'carts'>,
  userId: string,
  { id: cartId, version, untoldMerges }: Cart,
): Promise<void> {
  for (const guestCartId of untoldMerges) {
    await database.transaction(async (transaction: Transaction) => {
      if (!(await claimCartNotice(transaction, { cartId: guestCartId, kind: 'merged', subject: userId }))) return;
      await outbox.append(transaction, newEvent(cartMerged, { cartId, userId, version, guestCartId }));
    });
    await carts.merge.tell(userId, guestCartId);
  }
}
