/** Quotes, and what was told about carts, in SQL. */
import type { Database } from '#chassis/postgres/database.ts';
import { deleteBatch, deleteBatchSql } from '#chassis/postgres/delete-batch.ts';
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';

export interface NewQuote {
  readonly id: string;
  readonly cartId: string;
  readonly cartVersion: number;
  readonly userId: string | null;
  readonly content: unknown;
  readonly lifetimeSeconds: number;
}

export interface StoredQuote {
  readonly id: string;
  readonly cartId: string;
  readonly cartVersion: number;
  readonly userId: string | null;
  readonly content: Readonly<Record<string, unknown>>;
  readonly expiresAt: string;
  readonly isExpired: boolean;
}

const insert = sql(
  'quote_create',
  `insert into quotes (id, cart_id, cart_version, user_id, content, expires_at)
   values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6)) returning ${utc('expires_at')} as "expiresAt"`,
);

/** Keeps a quote; resolves with when it ends. */
export async function createQuote(connection: Connection, quote: NewQuote): Promise<string> {
  const { id, cartId, cartVersion, userId, content, lifetimeSeconds } = quote;
  const values = [id, cartId, cartVersion, userId, JSON.stringify(content), lifetimeSeconds];
  const [row] = await connection.rows<{ expiresAt: string }>(insert, values);
  if (row === undefined) throw new Error('an insert returned no row');
  return row.expiresAt;
}

const byId = sql(
  'quote_by_id',
  `select id, cart_id as "cartId", cart_version as "cartVersion", user_id as "userId", content,
     ${utc('expires_at')} as "expiresAt", expires_at <= now() as "isExpired" from quotes where id = $1`,
);

export async function readQuote(connection: Connection, id: string): Promise<StoredQuote | undefined> {
  const [row] = await connection.rows<StoredQuote>(byId, [id]);
  return row;
}

const forget = sql('quotes_forget', 'delete from quotes where user_id = $1');

/** Removes the quotes of an account. */
export async function forgetQuotes(transaction: Transaction, userId: string): Promise<void> {
  await transaction.rows(forget, [userId]);
}

const claimNotice = sql(
  'cart_notice_claim',
  'insert into cart_notices (cart_id, kind, subject) values ($1, $2, $3) on conflict do nothing returning true as claimed',
);

export interface CartNotice {
  readonly cartId: string;
  readonly kind: 'abandoned' | 'merged';
  readonly subject: string;
}

/** Notes what is told in the transaction of its event; false: it was told before. */
export async function claimCartNotice(
  transaction: Transaction,
  { cartId, kind, subject }: CartNotice,
): Promise<boolean> {
  return (await transaction.rows(claimNotice, [cartId, kind, subject])).length > 0;
}

/** A day after their end nobody asks for quotes any more. */
const purgeQuotesStatement = deleteBatchSql('quotes_purge', {
  table: 'quotes',
  where: `expires_at < now() - interval '1 day'`,
  orderBy: 'expires_at',
  limit: '$1',
});

/** Longer than any cart lives untouched. */
const purgeNoticesStatement = deleteBatchSql('cart_notices_purge', {
  table: 'cart_notices',
  where: `created_at < now() - interval '400 days'`,
  orderBy: 'created_at',
  limit: '$1',
});

export async function purgeQuotes({ primary }: Pick<Database, 'primary'>, limit: number): Promise<number> {
  return deleteBatch(primary, purgeQuotesStatement, [limit]);
}

export async function purgeNotices({ primary }: Pick<Database, 'primary'>, limit: number): Promise<number> {
  return deleteBatch(primary, purgeNoticesStatement, [limit]);
}
