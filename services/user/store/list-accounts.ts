/** The staff's list of accounts: newest first. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { Account, AccountStatus, GrantableRole } from '../domain/account.ts';
import type { PersonalData } from '../secrets/personal-data.ts';
import { type AccountRow, accountColumns, toAccount } from './accounts.ts';
import { spellingsOf } from './plain-rows.ts';

export interface AccountFilter {
  readonly emailKey?: string | undefined;
  readonly role?: GrantableRole | undefined;
  readonly status?: Exclude<AccountStatus, 'erased'> | undefined;
}

const list = sql(
  'accounts_list',
  `select ${accountColumns} from users
   where status <> 'erased' and ($1::text[] is null or email_key = any ($1)) and ($2::text is null or $2 = any (roles))
     and ($3::text is null or status = $3) and ($4::uuid is null or id < $4)
   order by id desc limit $5`,
);

/** Up to `limit` accounts that were made before the one with the id `after`. */
export async function listAccounts(
  connection: Connection,
  personalData: PersonalData,
  page: { readonly filter: AccountFilter; readonly after: string | undefined; readonly limit: number },
): Promise<readonly Account[]> {
  const { emailKey, role, status } = page.filter;
  const spellings = emailKey === undefined ? null : spellingsOf(personalData, emailKey);
  const values = [spellings, role ?? null, status ?? null, page.after ?? null, page.limit];
  const rows = await connection.rows<AccountRow>(list, values);
  return rows.map((row) => toAccount(personalData, row));
}
