/**
 * Uses of coupons. The limit is a condition of the update that counts, and of the table: two orders that take the last use at the same
 * moment take turns at the coupon's row, and the second finds none left.
 */
import type { Database } from '#chassis/postgres/database.ts';
import { deleteBatch, deleteBatchSql } from '#chassis/postgres/delete-batch.ts';
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import type { Refusal } from '#contracts/problems.ts';

export interface Redemption {
  readonly orderId: string;
  /** Absent for a guest, for whom only the limit of all counts. */
  readonly userId: string | undefined;
  /** Each once. */
  readonly codes: readonly string[];
}

/** `repeated`: the order has them already. */
export type RedemptionResult =
  | { readonly state: 'redeemed' | 'repeated' }
  | { readonly state: 'refused'; readonly refusal: Refusal };

/** What concerns one order takes turns: a release must see a redemption that came before it, and be seen by one that comes after. */
const takeTurn = sql('redemption_turn', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');
const findRelease = sql('redemption_released', 'select true as found from released_orders where order_id = $1');

const claim = sql(
  'redemption_claim',
  `insert into coupon_redemptions (coupon_id, order_id, user_id) select id, $2, $3 from coupons where code = $1
   on conflict on constraint coupon_redemptions__once_per_order do nothing returning coupon_id as "couponId"`,
);

const exists = sql('coupon_exists', 'select true as found from coupons where code = $1');

const count = sql(
  'coupon_count',
  `update coupons set used = used + 1 where id = $1 and is_active and coalesce(starts_at <= now(), true)
     and coalesce(ends_at > now(), true) and (maximum_uses is null or used < maximum_uses) returning id`,
);

/** The row of the coupon is locked by `count`: what `maximum_uses_per_user` is cannot change meanwhile. */
const countUser = sql(
  'coupon_count_user',
  `insert into coupon_users as u (coupon_id, user_id, used) values ($1, $2, 1)
   on conflict on constraint coupon_users__primary_key do update set used = u.used + 1
     where u.used < coalesce((select maximum_uses_per_user from coupons where id = $1), 2147483647)
   returning used`,
);

/** Thrown to roll back. */
class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

/** Takes one use of each coupon for the order: all or none, once per order. */
export async function redeemCoupons(database: Database, redemption: Redemption): Promise<RedemptionResult> {
  // One order for all: no two redemptions wait for each other.
  const codes = redemption.codes.toSorted();
  try {
    const isNew = await database.transaction(async (transaction) => {
      await transaction.rows(takeTurn, [redemption.orderId]);
      if ((await transaction.rows(findRelease, [redemption.orderId])).length > 0) throw new RefusedError(released);
      let taken = 0;
      for (const code of codes) taken += await redeemOne(transaction, code, redemption);
      return taken > 0;
    });
    return { state: isNew ? 'redeemed' : 'repeated' };
  } catch (error) {
    if (error instanceof RefusedError) return { state: 'refused', refusal: error.refusal };
    throw error;
  }
}

/** 1, or 0 when the order has it already. */
async function redeemOne(transaction: Transaction, code: string, { orderId, userId }: Redemption): Promise<0 | 1> {
  const [claimed] = await transaction.rows<{ couponId: string }>(claim, [code, orderId, userId ?? null]);
  if (claimed === undefined) return explainConflict(transaction, code);
  const { couponId } = claimed;
  const [counted] = await transaction.rows(count, [couponId]);
  const [own] =
    counted === undefined || userId === undefined ? [counted] : await transaction.rows(countUser, [couponId, userId]);
  if (counted === undefined || own === undefined) throw exhausted(code);
  return 1;
}

async function explainConflict(connection: Connection, code: string): Promise<0> {
  const found = await connection.rows(exists, [code]);
  if (found.length > 0) return 0;
  throw new RefusedError({ code: 'coupon-not-applicable', detail: `there is no coupon ${code}` });
}

const released: Refusal = { code: 'coupon-exhausted', detail: 'the order has given its coupons back' };

function exhausted(code: string): RefusedError {
  return new RefusedError({ code: 'coupon-exhausted', detail: `the coupon ${code} is used up or not valid any more` });
}

const noteRelease = sql(
  'redemption_note_release',
  'insert into released_orders (order_id) values ($1) on conflict do nothing',
);

const release = sql(
  'redemption_release',
  `with released as (
     update coupon_redemptions set state = 'released', released_at = now() where order_id = $1 and state = 'redeemed'
     returning coupon_id, user_id
   ), counted as (
     update coupons set used = coupons.used - 1 from released where coupons.id = released.coupon_id
   ), users as (
     update coupon_users u set used = u.used - 1 from released where u.coupon_id = released.coupon_id and u.user_id = released.user_id
   )
   select count(*)::int as count from released`,
);

/** Gives back what the order has taken, for good; resolves with how many. Repeated, it does nothing. */
export async function releaseCoupons(database: Pick<Database, 'transaction'>, orderId: string): Promise<number> {
  return database.transaction(async (transaction) => {
    await transaction.rows(takeTurn, [orderId]);
    await transaction.rows(noteRelease, [orderId]);
    const [row] = await transaction.rows<{ count: number }>(release, [orderId]);
    return row?.count ?? 0;
  });
}

/** Longer than any request of an order is repeated. */
const purgeReleasedStatement = deleteBatchSql('released_orders_purge', {
  table: 'released_orders',
  where: `created_at < now() - interval '90 days'`,
  orderBy: 'created_at',
  limit: '$1',
});

export async function purgeReleasedOrders({ primary }: Pick<Database, 'primary'>, limit: number): Promise<number> {
  return deleteBatch(primary, purgeReleasedStatement, [limit]);
}

const forgetRedemptions = sql('redemptions_forget', 'update coupon_redemptions set user_id = null where user_id = $1');
const forgetUses = sql('coupon_users_forget', 'delete from coupon_users where user_id = $1');

/** Takes an account out of the uses; the uses stay counted. */
export async function forgetUser(transaction: Transaction, userId: string): Promise<void> {
  await transaction.rows(forgetRedemptions, [userId]);
  await transaction.rows(forgetUses, [userId]);
}
