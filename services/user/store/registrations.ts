/** Registrations that wait for their verification. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Profile } from '../domain/account.ts';

export interface Registration extends Profile {
  /** Becomes the account's. */
  readonly id: string;
  readonly email: string;
  readonly emailKey: string;
  readonly passwordHash: string;
}

const lifetimeHours = 24;
/** Mails that one mailbox gets in an hour at most, whoever asks for them. */
export const maximumMailsPerHour = 5;
/** A link is not sent again within this time. */
export const resendPauseSeconds = 60;

const lock = sql('mailbox_lock', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');

/**
 * Until the transaction ends, whatever else would send something to this mailbox waits: what was sent is counted, and a
 * count is right only for one after the other.
 */
export async function lockMailbox(connection: Connection, emailKey: string): Promise<void> {
  await connection.rows(lock, [emailKey]);
}

const idle = sql('mail_to_nobody', 'select pg_notify($1, $2) where false');

/** The round trip of an event that is not written: answers must not tell by their time whether a mail goes out. */
export async function writeToNobody(connection: Connection): Promise<void> {
  await connection.rows(idle, ['nobody', '']);
}

const insert = sql(
  'registration_create',
  `insert into registrations (token_hash, email, email_key, password_hash, given_name, family_name, locale, id, expires_at)
   select $1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(hours => $9)
   where (select count(*) from registrations where email_key = $3 and created_at > now() - interval '1 hour') < $10
   returning ${utc('expires_at')} as "expiresAt"`,
);

/** Keeps a registration; nothing when the mailbox has had enough mails for now. */
export async function insertRegistration(
  connection: Connection,
  tokenDigest: Buffer,
  registration: Registration,
): Promise<{ readonly expiresAt: string } | undefined> {
  const { id, email, emailKey, passwordHash, givenName, familyName, locale } = registration;
  const values = [tokenDigest, email, emailKey, passwordHash, givenName, familyName, locale, id];
  const [row] = await connection.rows<{ expiresAt: string }>(insert, [...values, lifetimeHours, maximumMailsPerHour]);
  return row;
}

const columns = `email, email_key as "emailKey", password_hash as "passwordHash", given_name as "givenName",
  family_name as "familyName", locale`;

const renew = sql(
  'registration_renew',
  `update registrations set token_hash = $2, id = coalesce(id, $5), sent_at = now(), expires_at = now() + make_interval(hours => $3)
   where email_key = $1 and expires_at > now() and sent_at < now() - make_interval(secs => $4)
     and (select count(*) from registrations where email_key = $1 and expires_at > now()) = 1
   returning id, ${columns}, ${utc('expires_at')} as "expiresAt"`,
);

/**
 * Gives the waiting registration another token. Of several for one mailbox none is chosen: one of them may be somebody
 * else's, and its password would become the account's. `token.id` is for one that the version before left without an id.
 */
export async function renewRegistration(
  connection: Connection,
  emailKey: string,
  token: { readonly digest: Buffer; readonly id: string },
): Promise<(Registration & { readonly expiresAt: string }) | undefined> {
  const values = [emailKey, token.digest, lifetimeHours, resendPauseSeconds, token.id];
  const [row] = await connection.rows<Registration & { expiresAt: string }>(renew, values);
  return row;
}

const take = sql(
  'registration_take',
  `delete from registrations where token_hash = $1 and expires_at > now() returning coalesce(id, $2) as id, ${columns}`,
);
const forget = sql('registrations_forget', 'delete from registrations where email_key = $1');

/** Takes the registration out, with `id` if it has none yet: of several at once with the same token one gets it. */
export async function takeRegistration(
  connection: Connection,
  tokenDigest: Buffer,
  id: string,
): Promise<Registration | undefined> {
  const [row] = await connection.rows<Registration>(take, [tokenDigest, id]);
  return row;
}

/** Forgets all registrations with this address. */
export async function forgetRegistrations(connection: Connection, emailKey: string): Promise<void> {
  await connection.rows(forget, [emailKey]);
}
