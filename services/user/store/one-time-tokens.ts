/** Tokens that are good for one use, by digest. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';

/** Long enough to find the mail, short enough that an old mail is worth nothing. */
const resetLifetimeMinutes = 30;
/** Another link is not sent within this time. */
const resendPauseSeconds = 60;

/** A new token takes the place of older ones. Callers have locked the mailbox: of several at once one makes a token. */
const issue = sql(
  'reset_token_issue',
  `with account as (
     select id from users where id = $2 and status = 'active' for key share
   ), recent as (
     select true from one_time_tokens
     where user_id = $2 and kind = 'reset-password' and created_at > now() - make_interval(secs => $4)
   ), replaced as (
     update one_time_tokens set used_at = now()
     where user_id = $2 and kind = 'reset-password' and used_at is null and not exists (select from recent)
   )
   insert into one_time_tokens (token_hash, kind, user_id, expires_at)
   select $1, 'reset-password', id, now() + make_interval(mins => $3) from account where not exists (select from recent)
   returning ${utc('expires_at')} as "expiresAt"`,
);

/** Makes a token for another password; nothing when one was sent just now, or the account cannot sign in. */
export async function issueResetToken(
  connection: Connection,
  digest: Buffer,
  userId: string,
): Promise<{ readonly expiresAt: string } | undefined> {
  const values = [digest, userId, resetLifetimeMinutes, resendPauseSeconds];
  const [row] = await connection.rows<{ expiresAt: string }>(issue, values);
  return row;
}

const valid = `token_hash = $1 and kind = 'reset-password' and used_at is null and expires_at > now()`;
const peek = sql('reset_token_peek', `select user_id as "userId" from one_time_tokens where ${valid}`);
const use = sql(
  'reset_token_use',
  `update one_time_tokens set used_at = now() where ${valid} returning user_id as "userId"`,
);

/** Whose token it is, while it can be used. */
export async function peekResetToken(connection: Connection, digest: Buffer): Promise<string | undefined> {
  const [row] = await connection.rows<{ userId: string }>(peek, [digest]);
  return row?.userId;
}

/** Uses the token up: of several at once one gets the user. */
export async function takeResetToken(connection: Connection, digest: Buffer): Promise<string | undefined> {
  const [row] = await connection.rows<{ userId: string }>(use, [digest]);
  return row?.userId;
}

const revoke = sql(
  'reset_tokens_revoke',
  `update one_time_tokens set used_at = now() where user_id = $1 and kind = 'reset-password' and used_at is null`,
);

/** Makes all links to another password worthless. */
export async function revokeResetTokens(connection: Connection, userId: string): Promise<void> {
  await connection.rows(revoke, [userId]);
}
