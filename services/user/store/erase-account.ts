/** Erasure: the row stays, because orders refer to its id; everything about the person goes. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import { type Change, changed, missing, type Target, versionOf } from './results.ts';
import { accountCounterKey, clearCounters } from './sign-in-attempts.ts';

const lockAccount = sql(
  'erase_lock',
  `select email_key as "emailKey", version from users where id = $1 and status <> 'erased' for update`,
);

const eraseUser = sql(
  'erase_user',
  `update users set email = null, email_key = null, password_hash = null, phone = null, given_name = '', family_name = '',
     locale = 'en', roles = '{}', email_verified_at = null, status = 'erased', erased_at = now(), version = version + 1,
     updated_at = now()
   where id = $1 and ($2::int is null or version = $2) returning ${utc('erased_at')} as "erasedAt", version`,
);

/** In an order in which nothing refers to what is gone; replies to creations are kept for a day and hold addresses. */
const others = [
  sql('erase_addresses', 'delete from addresses where user_id = $1'),
  sql('erase_tokens', 'delete from one_time_tokens where user_id = $1'),
  sql(
    'erase_sessions',
    `update sessions set user_agent = null, address_digest = null, ended_at = coalesce(ended_at, now()),
       end_reason = coalesce(end_reason, 'erased') where user_id = $1`,
  ),
  sql('erase_auth_events', 'update auth_events set address_digest = null where user_id = $1'),
  sql('erase_idempotency_keys', `delete from idempotency_keys where scope like '%:' || $1::text`),
  // Published ones are kept for a day. Those that wait tell of somebody whom the next event, `deleted`, takes back.
  sql('erase_events', 'delete from outbox where key = $1::text'),
] as const;

export interface Erasure {
  readonly erasedAt: string;
  readonly version: number;
}

const eraseRegistrations = sql('erase_registrations', 'delete from registrations where email_key = $1');

/** Erases the account if it still has the version. Runs inside a transaction. */
export async function eraseAccount(connection: Connection, target: Target): Promise<Change<Erasure>> {
  const [account] = await connection.rows<{ emailKey: string; version: number }>(lockAccount, [target.id]);
  if (account === undefined) return missing('user', target, undefined);
  const [erased] = await connection.rows<Erasure>(eraseUser, [target.id, versionOf(target)]);
  if (erased === undefined) return missing('user', target, account.version);
  for (const statement of others) await connection.rows(statement, [target.id]);
  await connection.rows(eraseRegistrations, [account.emailKey]);
  await clearCounters(connection, [accountCounterKey(account.emailKey)]);
  return changed(erased);
}
