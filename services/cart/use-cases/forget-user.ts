/** An account was erased: nothing here leads to the person any more. */
import type { Transaction } from '#chassis/postgres/statement.ts';
import type { CartDeps } from '../deps.ts';
import { forgetQuotes } from '../store/quotes.ts';
import { forgetUser as forgetRedemptions } from '../store/redemptions.ts';

/** Removes the cart and the quotes, and takes the account out of the uses of coupons. Repeated, it does nothing. */
export async function forgetUser(
  { carts }: Pick<CartDeps, 'carts'>,
  transaction: Transaction,
  userId: string,
): Promise<void> {
  await carts.forget(userId);
  await forgetQuotes(transaction, userId);
  await forgetRedemptions(transaction, userId);
}
