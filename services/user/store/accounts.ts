/** Accounts in SQL. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Role } from '#contracts/identity.ts';
import type { Account, AccountStatus, GrantableRole, Profile, ProfilePatch } from '../domain/account.ts';
import { type Change, changed, missing, type Target, versionOf } from './results.ts';

/** An account in its public form. */
export const accountColumns = `id, email, email_verified_at is not null as "emailVerified", given_name as "givenName",
  family_name as "familyName", phone, locale, roles, status, version, ${utc('created_at')} as "createdAt",
  ${utc('updated_at')} as "updatedAt"`;

const readById = sql('account_by_id', `select ${accountColumns} from users where id = $1 and status <> 'erased'`);

/** The account, unless it was erased. */
export async function readAccount(connection: Connection, id: string): Promise<Account | undefined> {
  const [row] = await connection.rows<Account>(readById, [id]);
  return row;
}

/** What signing in needs to know. */
export interface Credentials {
  readonly id: string;
  readonly email: string;
  readonly emailKey: string;
  readonly passwordHash: string;
  readonly status: AccountStatus;
  readonly roles: readonly Role[];
  readonly givenName: string;
  readonly locale: string;
}

const credentialColumns = `id, email, email_key as "emailKey", password_hash as "passwordHash", status, roles,
  given_name as "givenName", locale`;
const credentialsByEmail = sql(
  'credentials_by_email',
  `select ${credentialColumns} from users where email_key = $1 and status <> 'erased'`,
);
const credentialsById = sql(
  'credentials_by_id',
  `select ${credentialColumns} from users where id = $1 and status <> 'erased'`,
);

/** The credentials of an account by its e-mail key or id. */
export async function readCredentials(
  connection: Connection,
  key: { readonly emailKey: string } | { readonly id: string },
): Promise<Credentials | undefined> {
  const [row] = await ('id' in key
    ? connection.rows<Credentials>(credentialsById, [key.id])
    : connection.rows<Credentials>(credentialsByEmail, [key.emailKey]));
  return row;
}

export interface NewAccount extends Profile {
  readonly id: string;
  readonly email: string;
  readonly emailKey: string;
  readonly passwordHash: string;
  readonly isVerified: boolean;
}

const insert = sql(
  'account_create',
  `insert into users (id, email, email_key, password_hash, given_name, family_name, locale, email_verified_at)
   values ($1, $2, $3, $4, $5, $6, $7, case when $8 then now() end)
   on conflict (email_key) do nothing returning id`,
);

/** Adds an account; false when its address has one already. */
export async function insertAccount(connection: Connection, account: NewAccount): Promise<boolean> {
  const { id, email, emailKey, passwordHash, givenName, familyName, locale, isVerified } = account;
  const values = [id, email, emailKey, passwordHash, givenName, familyName, locale, isVerified];
  return (await connection.rows(insert, values)).length > 0;
}

const replaceHash = sql(
  'account_replace_hash',
  'update users set password_hash = $3 where id = $1 and password_hash = $2 returning id',
);

/** Stores the same password under newer parameters, unless it was changed meanwhile. */
export async function replacePasswordHash(
  connection: Connection,
  id: string,
  hashes: { readonly before: string; readonly after: string },
): Promise<boolean> {
  return (await connection.rows(replaceHash, [id, hashes.before, hashes.after])).length > 0;
}

const setHash = sql(
  'account_set_password',
  `update users set password_hash = $2
   where id = $1 and status <> 'erased' and ($3::text is null or password_hash = $3) returning ${credentialColumns}`,
);

/** Gives the account another password; with `before` only if it still has that one. */
export async function setPasswordHash(
  connection: Connection,
  id: string,
  hashes: { readonly before?: string | undefined; readonly after: string },
): Promise<Credentials | undefined> {
  const [row] = await connection.rows<Credentials>(setHash, [id, hashes.after, hashes.before ?? null]);
  return row;
}

const updateProfileStatement = sql(
  'account_update_profile',
  `update users set
     given_name = coalesce($3, given_name), family_name = coalesce($4, family_name), locale = coalesce($5, locale),
     phone = case when $6 then $7 else phone end, version = version + 1, updated_at = now()
   where id = $1 and status <> 'erased' and ($2::int is null or version = $2) returning ${accountColumns}`,
);

export async function updateProfile(
  connection: Connection,
  target: Target,
  patch: ProfilePatch,
): Promise<Change<Account>> {
  const { givenName, familyName, locale, phone } = patch;
  const optional = [givenName ?? null, familyName ?? null, locale ?? null, phone !== undefined, phone ?? null];
  const [row] = await connection.rows<Account>(updateProfileStatement, [target.id, versionOf(target), ...optional]);
  return row === undefined ? missingAccount(connection, target) : changed(row);
}

const setRolesStatement = sql(
  'account_set_roles',
  `update users set roles = $3, version = version + 1, updated_at = now()
   where id = $1 and status <> 'erased' and ($2::int is null or version = $2) returning ${accountColumns}`,
);

export async function setRoles(
  connection: Connection,
  target: Target,
  roles: readonly GrantableRole[],
): Promise<Change<Account>> {
  const [row] = await connection.rows<Account>(setRolesStatement, [target.id, versionOf(target), [...roles]]);
  return row === undefined ? missingAccount(connection, target) : changed(row);
}

const setStatusStatement = sql(
  'account_set_status',
  `update users set status = $2, version = version + (status <> $2)::int, updated_at = now()
   where id = $1 and status <> 'erased' returning ${accountColumns}`,
);

/** Locks or unlocks the account. */
export async function setStatus(
  connection: Connection,
  id: string,
  status: 'active' | 'locked',
): Promise<Change<Account>> {
  const [row] = await connection.rows<Account>(setStatusStatement, [id, status]);
  return row === undefined ? missing('user', { id, version: 'any' }, undefined) : changed(row);
}

async function missingAccount(connection: Connection, target: Target): Promise<Change<never>> {
  return missing('user', target, (await readAccount(connection, target.id))?.version);
}
