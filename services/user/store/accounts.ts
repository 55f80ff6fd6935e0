/** Accounts in SQL. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Role } from '#contracts/identity.ts';
import type { Account, AccountStatus, GrantableRole, Profile, ProfilePatch } from '../domain/account.ts';
import { emailKey } from '../domain/email.ts';
import type { PersonalData } from '../secrets/personal-data.ts';
import { emptyPlainColumns, spellingsOf } from './plain-rows.ts';
import { type Change, changed, missing, type Target, versionOf } from './results.ts';
import { openPerson, type Person, type PersonRow, sealedColumns, sealPerson } from './sealed-rows.ts';

/** What `toAccount` makes an account in its public form of. */
export const accountColumns = `id, ${sealedColumns('users')}, email_verified_at is not null as "emailVerified", locale, roles,
  status, version, ${utc('created_at')} as "createdAt", ${utc('updated_at')} as "updatedAt"`;

export type AccountRow = PersonRow & Omit<Account, keyof Person>;

/** Throws `UnsealableError`, as everything does that reads accounts. */
export function toAccount(personalData: PersonalData, row: AccountRow): Account {
  const { id, emailVerified, locale, roles, status, version, createdAt, updatedAt } = row;
  const { email, givenName, familyName, phone } = openPerson(personalData, 'users', row);
  const profile = { email, emailVerified, givenName, familyName, phone, locale };
  return { id, ...profile, roles, status, version, createdAt, updatedAt };
}

const readById = sql('account_by_id', `select ${accountColumns} from users where id = $1 and status <> 'erased'`);

/** The account, unless it was erased. */
export async function readAccount(
  connection: Connection,
  personalData: PersonalData,
  id: string,
): Promise<Account | undefined> {
  const [row] = await connection.rows<AccountRow>(readById, [id]);
  return row === undefined ? undefined : toAccount(personalData, row);
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

type CredentialRow = PersonRow & Omit<Credentials, 'email' | 'emailKey' | 'givenName'>;

const credentialColumns = `id, ${sealedColumns('users')}, password_hash as "passwordHash", status, roles, locale`;

function toCredentials(personalData: PersonalData, row: CredentialRow): Credentials {
  const { id, passwordHash, status, roles, locale } = row;
  const { email, givenName } = openPerson(personalData, 'users', row);
  return { id, email, emailKey: emailKey(email), passwordHash, status, roles, givenName, locale };
}

const credentialsByEmail = sql(
  'credentials_by_email',
  `select ${credentialColumns} from users where email_key = any ($1) and status <> 'erased'`,
);
const credentialsById = sql(
  'credentials_by_id',
  `select ${credentialColumns} from users where id = $1 and status <> 'erased'`,
);

/** The credentials of an account by its e-mail key or id. */
export async function readCredentials(
  connection: Connection,
  personalData: PersonalData,
  key: { readonly emailKey: string } | { readonly id: string },
): Promise<Credentials | undefined> {
  const [row] = await ('id' in key
    ? connection.rows<CredentialRow>(credentialsById, [key.id])
    : connection.rows<CredentialRow>(credentialsByEmail, [spellingsOf(personalData, key.emailKey)]));
  return row === undefined ? undefined : toCredentials(personalData, row);
}

export interface NewAccount extends Profile {
  readonly id: string;
  readonly email: string;
  readonly emailKey: string;
  readonly passwordHash: string;
  readonly isVerified: boolean;
}

/** While keys change, an address is stored as one of several spellings: the index knows only whether it has this one. */
const insert = sql(
  'account_create',
  `insert into users (id, sealed, email_key, password_hash, locale, email_verified_at)
   select $1::uuid, $2::bytea, $3::text, $4::text, $5::text, case when $6::boolean then now() end
   where not exists (select from users where email_key = any ($7))
   on conflict (email_key) do nothing returning id`,
);

/** Adds an account; false when its address has one already. */
export async function insertAccount(
  connection: Connection,
  personalData: PersonalData,
  account: NewAccount,
): Promise<boolean> {
  const { id, passwordHash, locale, isVerified } = account;
  const sealed = sealPerson(personalData, 'users', id, { ...account, phone: null });
  const spellings = spellingsOf(personalData, account.emailKey);
  const values = [id, sealed, spellings[0], passwordHash, locale, isVerified, spellings];
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
  personalData: PersonalData,
  id: string,
  hashes: { readonly before?: string | undefined; readonly after: string },
): Promise<Credentials | undefined> {
  const [row] = await connection.rows<CredentialRow>(setHash, [id, hashes.after, hashes.before ?? null]);
  return row === undefined ? undefined : toCredentials(personalData, row);
}

const lockProfile = sql(
  'account_lock_profile',
  `select id, ${sealedColumns('users')}, version from users where id = $1 and status <> 'erased' for no key update`,
);
const updateProfileStatement = sql(
  'account_update_profile',
  `update users set sealed = $2, email_key = $3, locale = coalesce($4, locale), version = version + 1, updated_at = now()
   where id = $1 returning ${accountColumns}`,
);

/** Runs inside a transaction: what is sealed as a whole is read before it is changed. */
export async function updateProfile(
  connection: Connection,
  personalData: PersonalData,
  target: Target,
  patch: ProfilePatch,
): Promise<Change<Account>> {
  const [present] = await connection.rows<PersonRow & { version: number }>(lockProfile, [target.id]);
  if (present === undefined || (target.version !== 'any' && present.version !== target.version))
    return missing('user', target, present?.version);
  const person = patchPerson(openPerson(personalData, 'users', present), patch);
  // Both at once: keys may be replaced while the database answers, and a row is sealed and found by the same one.
  const sealed = sealPerson(personalData, 'users', target.id, person);
  const values = [target.id, sealed, personalData.lookup(emailKey(person.email)), patch.locale ?? null];
  await emptyPlainColumns(connection, 'users', [present]);
  const [row] = await connection.rows<AccountRow>(updateProfileStatement, values);
  if (row === undefined) throw new Error('a locked account is gone');
  return changed(toAccount(personalData, row));
}

function patchPerson(person: Person, { givenName, familyName, phone }: ProfilePatch): Person {
  return {
    email: person.email,
    givenName: givenName ?? person.givenName,
    familyName: familyName ?? person.familyName,
    phone: phone === undefined ? person.phone : phone,
  };
}

const setRolesStatement = sql(
  'account_set_roles',
  `update users set roles = $3, version = version + 1, updated_at = now()
   where id = $1 and status <> 'erased' and ($2::int is null or version = $2) returning ${accountColumns}`,
);

export async function setRoles(
  connection: Connection,
  personalData: PersonalData,
  target: Target,
  roles: readonly GrantableRole[],
): Promise<Change<Account>> {
  const [row] = await connection.rows<AccountRow>(setRolesStatement, [target.id, versionOf(target), [...roles]]);
  if (row !== undefined) return changed(toAccount(personalData, row));
  return missing('user', target, (await readAccount(connection, personalData, target.id))?.version);
}

const setStatusStatement = sql(
  'account_set_status',
  `update users set status = $2, version = version + (status <> $2)::int, updated_at = now()
   where id = $1 and status <> 'erased' returning ${accountColumns}`,
);

/** Locks or unlocks the account. */
export async function setStatus(
  connection: Connection,
  personalData: PersonalData,
  id: string,
  status: 'active' | 'locked',
): Promise<Change<Account>> {
  const [row] = await connection.rows<AccountRow>(setStatusStatement, [id, status]);
  if (row === undefined) return missing('user', { id, version: 'any' }, undefined);
  return changed(toAccount(personalData, row));
}
