/** Registrations that wait for their verification. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Profile } from '../domain/account.ts';
import { emailKey as foldEmail } from '../domain/email.ts';
import type { PersonalData } from '../secrets/personal-data.ts';
import { spellingsOf } from './plain-rows.ts';
import { openPerson, type PersonRow, sealedColumns, sealPerson } from './sealed-rows.ts';

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

/** In one order, so that two who lock the same mailbox do not wait for each other; they have a key in common also while keys change. */
const lock = sql(
  'mailbox_lock',
  `select pg_advisory_xact_lock(hashtextextended(lookup, 0))
   from (select lookup from unnest($1::text[]) as lookup order by lookup) as lookups`,
);

/**
 * Until the transaction ends, whatever else would send something to this mailbox waits: what was sent is counted, and a
 * count is right only for one after the other.
 */
export async function lockMailbox(connection: Connection, personalData: PersonalData, emailKey: string): Promise<void> {
  await connection.rows(lock, [personalData.lookups(emailKey)]);
}

const idle = sql('mail_to_nobody', 'select pg_notify($1, $2) where false');

/** The round trip of an event that is not written: answers must not tell by their time whether a mail goes out. */
export async function writeToNobody(connection: Connection): Promise<void> {
  await connection.rows(idle, ['nobody', '']);
}

const insert = sql(
  'registration_create',
  `insert into registrations (token_hash, id, sealed, email_key, password_hash, locale, expires_at)
   select $1, $2, $3, $4, $5, $6, now() + make_interval(hours => $7)
   where (select count(*) from registrations where email_key = any ($9) and created_at > now() - interval '1 hour') < $8
   returning ${utc('expires_at')} as "expiresAt"`,
);

/** Keeps a registration; nothing when the mailbox has had enough mails for now. */
export async function insertRegistration(
  connection: Connection,
  personalData: PersonalData,
  tokenDigest: Buffer,
  registration: Registration,
): Promise<{ readonly expiresAt: string } | undefined> {
  const { id, emailKey, passwordHash, locale } = registration;
  const sealed = sealPerson(personalData, 'registrations', id, { ...registration, phone: null });
  const spellings = spellingsOf(personalData, emailKey);
  const values = [tokenDigest, id, sealed, spellings[0], passwordHash, locale];
  const limits = [lifetimeHours, maximumMailsPerHour];
  const [row] = await connection.rows<{ expiresAt: string }>(insert, [...values, ...limits, spellings]);
  return row;
}

type RegistrationRow = PersonRow & Pick<Registration, 'passwordHash' | 'locale'>;

const columns = `${sealedColumns('registrations')}, password_hash as "passwordHash", locale`;

function toRegistration(personalData: PersonalData, row: RegistrationRow): Registration {
  const { id, passwordHash, locale } = row;
  const { email, givenName, familyName } = openPerson(personalData, 'registrations', row);
  return { id, email, emailKey: foldEmail(email), passwordHash, givenName, familyName, locale };
}

const renew = sql(
  'registration_renew',
  `update registrations set token_hash = $2, id = coalesce(id, $5), sent_at = now(), expires_at = now() + make_interval(hours => $3)
   where email_key = any ($1) and expires_at > now() and sent_at < now() - make_interval(secs => $4)
     and (select count(*) from registrations where email_key = any ($1) and expires_at > now()) = 1
   returning id, ${columns}, ${utc('expires_at')} as "expiresAt"`,
);

/**
 * Gives the waiting registration another token. Of several for one mailbox none is chosen: one of them may be somebody
 * else's, and its password would become the account's. `token.id` is for one that the version before left without an id.
 */
export async function renewRegistration(
  connection: Connection,
  personalData: PersonalData,
  emailKey: string,
  token: { readonly digest: Buffer; readonly id: string },
): Promise<(Registration & { readonly expiresAt: string }) | undefined> {
  const limits = [lifetimeHours, resendPauseSeconds];
  const values = [spellingsOf(personalData, emailKey), token.digest, ...limits, token.id];
  const [row] = await connection.rows<RegistrationRow & { expiresAt: string }>(renew, values);
  return row === undefined ? undefined : { ...toRegistration(personalData, row), expiresAt: row.expiresAt };
}

const findMailbox = sql(
  'registration_mailbox',
  `select id, ${sealedColumns('registrations')} from registrations where token_hash = $1 and expires_at > now()`,
);

/** Key of the address that a link was sent to, if the link is good. */
export async function readMailboxOf(
  connection: Connection,
  personalData: PersonalData,
  tokenDigest: Buffer,
): Promise<string | undefined> {
  const [row] = await connection.rows<PersonRow>(findMailbox, [tokenDigest]);
  return row === undefined ? undefined : foldEmail(openPerson(personalData, 'registrations', row).email);
}

const take = sql(
  'registration_take',
  `delete from registrations where token_hash = $1 and expires_at > now() returning coalesce(id, $2) as id, ${columns}`,
);
const forget = sql('registrations_forget', 'delete from registrations where email_key = any ($1)');

/** Takes the registration out, with `id` if it has none yet: of several at once with the same token one gets it. */
export async function takeRegistration(
  connection: Connection,
  personalData: PersonalData,
  tokenDigest: Buffer,
  id: string,
): Promise<Registration | undefined> {
  const [row] = await connection.rows<RegistrationRow>(take, [tokenDigest, id]);
  return row === undefined ? undefined : toRegistration(personalData, row);
}

/** Forgets all registrations with this address. */
export async function forgetRegistrations(
  connection: Connection,
  personalData: PersonalData,
  emailKey: string,
): Promise<void> {
  await connection.rows(forget, [spellingsOf(personalData, emailKey)]);
}
