/** Looks after carts that nobody has changed for a while, and tells of those that were left with something in them. */
import { newEvent } from '#chassis/events/cloud-event.ts';
import { cartAbandoned } from '#contracts/events/cart.ts';
import type { CartDeps } from '../deps.ts';
import type { Cart } from '../domain/cart.ts';
import type { ActivityHint } from '../store/activity.ts';
import { claimCartNotice } from '../store/quotes.ts';
import { announceMerges } from './merge-carts.ts';

export type SweepDeps = Pick<CartDeps, 'activity' | 'carts' | 'database' | 'outbox' | 'now'>;

/** Hints of one shard that are followed at once. */
const batchSize = 50;

/** One round over all shards; several replicas may do so at once. Resolves with how many carts were told of. */
export async function sweepCarts(deps: SweepDeps, abandonedAfterMs: number): Promise<number> {
  let told = 0;
  for (let shard = 0; shard < deps.activity.shards; shard += 1) {
    const beforeMs = deps.now() - abandonedAfterMs;
    for (;;) {
      const hints = await deps.activity.idle(shard, beforeMs, batchSize);
      for (const hint of hints) told += await follow(deps, shard, { hint, beforeMs });
      if (hints.length < batchSize) break;
    }
  }
  return told;
}

/** Announces, then forgets the hint: killed between the two, the next round finds it told. */
async function follow(
  deps: SweepDeps,
  shard: number,
  { hint, beforeMs }: { readonly hint: ActivityHint; readonly beforeMs: number },
): Promise<0 | 1> {
  const { userId } = hint;
  const cart = await deps.carts.read({ owner: { kind: 'user', userId } });
  const isFilled = cart !== undefined && cart.lines.length > 0;
  if (cart !== undefined) await announceMerges(deps, userId, cart);
  if (isFilled && cart.changedAtMs > beforeMs) {
    // A hint is a moment older or newer than the change that it tells of.
    await deps.activity.remove(shard, hint, cart.changedAtMs);
    return 0;
  }
  const told = isFilled ? await announceAbandoned(deps, userId, cart) : 0;
  await deps.activity.remove(shard, hint);
  return told;
}

async function announceAbandoned({ database, outbox }: SweepDeps, userId: string, cart: Cart): Promise<0 | 1> {
  const { id: cartId, version, currency, lines, changedAtMs } = cart;
  return database.transaction(async (transaction) => {
    const notice = { cartId, kind: 'abandoned', subject: String(version) } as const;
    if (!(await claimCartNotice(transaction, notice))) return 0;
    const event = newEvent(cartAbandoned, {
      cartId,
      userId,
      version,
      currency,
      lines: lines.map(({ variantId, productId, quantity, unitPriceMinor }) => ({
        variantId,
        productId,
        quantity,
        unitPriceMinor,
      })),
      changedAt: new Date(changedAtMs).toISOString(),
    });
    await outbox.append(transaction, event);
    return 1;
  });
}
