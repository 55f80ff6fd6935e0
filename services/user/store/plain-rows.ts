/**
 * Rows that were written before personal data was sealed. All that knows of them is here and in `reseal.ts`; it goes when no supported
 * release has made any. Their columns are reached through the row as a whole: no statement names a column that migration 0013 drops, except
 * those that empty a row which has them.
 */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { PersonalData } from '../secrets/personal-data.ts';
import type { AddressLines, Person, SealedTable } from './sealed-rows.ts';

/** The row as JSON, by column. */
export type PlainRow = Readonly<Record<string, unknown>>;

export function plainColumn(table: SealedTable): string {
  return `case when sealed is null then to_jsonb(${table}) end as plain`;
}

export function readPlainPerson(row: PlainRow | null): Person {
  return {
    email: textOf(row, 'email'),
    givenName: textOf(row, 'given_name'),
    familyName: textOf(row, 'family_name'),
    phone: textOrNull(row, 'phone'),
  };
}

export function readPlainAddress(row: PlainRow | null): AddressLines {
  return {
    recipient: textOf(row, 'recipient'),
    company: textOrNull(row, 'company'),
    line1: textOf(row, 'line1'),
    line2: textOrNull(row, 'line2'),
    city: textOf(row, 'city'),
    region: textOrNull(row, 'region'),
    postalCode: textOrNull(row, 'postal_code'),
    phone: textOrNull(row, 'phone'),
  };
}

function textOf(row: PlainRow | null, column: string): string {
  const value = row?.[column];
  if (typeof value !== 'string') throw new Error(`a row that is not sealed has no ${column}`);
  return value;
}

function textOrNull(row: PlainRow | null, column: string): string | null {
  const value = row?.[column];
  return typeof value === 'string' ? value : null;
}

/** All that an e-mail key may be stored as: a digest under each of the keys, or the key itself. */
export function spellingsOf(personalData: PersonalData, emailKey: string): readonly string[] {
  return [...personalData.lookups(emailKey), emailKey];
}

const empty: Readonly<Record<SealedTable, ReturnType<typeof sql>>> = {
  users: sql(
    'plain_users_empty',
    `update users set email = null, given_name = '', family_name = '', phone = null where id = any ($1)`,
  ),
  registrations: sql(
    'plain_registrations_empty',
    'update registrations set email = null, given_name = null, family_name = null where id = any ($1)',
  ),
  addresses: sql(
    'plain_addresses_empty',
    `update addresses set recipient = null, company = null, line1 = null, line2 = null, city = null, region = null,
       postal_code = null, phone = null where id = any ($1)`,
  ),
};

/** Empties the plain columns of those rows that have some; for sealed ones nothing is asked. In the transaction that seals or erases them. */
export async function emptyPlainColumns(
  connection: Connection,
  table: SealedTable,
  rows: readonly { readonly id: string; readonly sealed: Buffer | null }[],
): Promise<void> {
  const ids = rows.filter(({ sealed }) => sealed === null).map(({ id }) => id);
  if (ids.length > 0) await connection.rows(empty[table], [ids]);
}
