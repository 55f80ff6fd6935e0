/** Erasure: the row stays, because orders refer to its id; everything about the person goes. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import { emailKey } from '../domain/email.ts';
import { type PersonalData, UnsealableError } from '../secrets/personal-data.ts';
import { emptyPlainColumns, spellingsOf } from './plain-rows.ts';
import { type Change, changed, missing, type Target } from './results.ts';
import { openPerson, type PersonRow, sealedColumns } from './sealed-rows.ts';
import { accountCounterKey, clearCounters } from './sign-in-attempts.ts';

const lockAccount = sql(
  'erase_lock',
  `select id, ${sealedColumns('users')}, email_key as "storedKey", version from users
   where id = $1 and status <> 'erased' for update`,
);

const eraseUser = sql(
  'erase_user',
  `update users set sealed = null, email_key = null, password_hash = null, locale = 'en', roles = '{}', email_verified_at = null, status = 'erased', erased_at = now(), version = version + 1,
     updated_at = now()
   where id = $1 returning ${utc('erased_at')} as "erasedAt", version`,
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

interface LockedAccount extends PersonRow {
  readonly storedKey: string;
  readonly version: number;
}

export interface Erasure {
  readonly erasedAt: string;
  readonly version: number;
}

const eraseRegistrations = sql('erase_registrations', 'delete from registrations where email_key = any ($1)');

/** Erases the account if it still has the version. Runs inside a transaction. */
export async function eraseAccount(
  connection: Connection,
  personalData: PersonalData,
  target: Target,
): Promise<Change<Erasure>> {
  const [account] = await connection.rows<LockedAccount>(lockAccount, [target.id]);
  if (account === undefined) return missing('user', target, undefined);
  if (target.version !== 'any' && account.version !== target.version) return missing('user', target, account.version);
  await emptyPlainColumns(connection, 'users', [account]);
  const [erased] = await connection.rows<Erasure>(eraseUser, [target.id]);
  if (erased === undefined) throw new Error('a locked account is gone');
  for (const statement of others) await connection.rows(statement, [target.id]);
  const lookups = lookupsOf(personalData, account);
  await connection.rows(eraseRegistrations, [lookups]);
  await clearCounters(connection, lookups.map(accountCounterKey));
  return changed(erased);
}

/** What the address of the account may be found by elsewhere. Who wants to be forgotten is, also when the key of the row is lost. */
function lookupsOf(personalData: PersonalData, account: LockedAccount): readonly string[] {
  try {
    return spellingsOf(personalData, emailKey(openPerson(personalData, 'users', account).email));
  } catch (error) {
    if (error instanceof UnsealableError) return [account.storedKey];
    throw error;
  }
}
