/** What rows hold about a person: one sealed value each, which can be opened in its own row only. */
import type { AddressFields } from '../domain/address.ts';
import type { PersonalData } from '../secrets/personal-data.ts';
import { type PlainRow, plainColumn, readPlainAddress, readPlainPerson } from './plain-rows.ts';

export type SealedTable = 'users' | 'registrations' | 'addresses';

/** Of an account or a registration. */
export interface Person {
  readonly email: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly phone: string | null;
}

/** Of an address: all but the country, which belongs to nobody. */
export type AddressLines = Omit<AddressFields, 'countryCode'>;

/** As `sealedColumns` selects them. */
export interface SealedColumns {
  readonly sealed: Buffer | null;
  readonly plain: PlainRow | null;
}

/** What a row must be read with to be opened. */
export function sealedColumns(table: SealedTable): string {
  return `sealed, ${plainColumn(table)}`;
}

type PersonTable = Exclude<SealedTable, 'addresses'>;

export interface PersonRow extends SealedColumns {
  readonly id: string;
}

export interface AddressRow extends PersonRow {
  readonly userId: string;
}

export function sealPerson(personalData: PersonalData, table: PersonTable, id: string, person: Person): Buffer {
  const { email, givenName, familyName, phone } = person;
  return personalData.seal(placeOf(table, id), JSON.stringify({ email, givenName, familyName, phone }));
}

/** Throws `UnsealableError`. */
export function openPerson(personalData: PersonalData, table: PersonTable, { id, sealed, plain }: PersonRow): Person {
  if (sealed === null) return readPlainPerson(plain);
  return JSON.parse(personalData.open(placeOf(table, id), sealed)) as Person; // authentic: `sealPerson` wrote it
}

export function sealAddress(
  personalData: PersonalData,
  ids: { readonly id: string; readonly userId: string },
  address: AddressLines,
): Buffer {
  const { recipient, company, line1, line2, city, region, postalCode, phone } = address;
  const lines = { recipient, company, line1, line2, city, region, postalCode, phone };
  return personalData.seal(placeOfAddress(ids), JSON.stringify(lines));
}

/** Throws `UnsealableError`. */
export function openAddress(personalData: PersonalData, row: AddressRow): AddressLines {
  if (row.sealed === null) return readPlainAddress(row.plain);
  return JSON.parse(personalData.open(placeOfAddress(row), row.sealed)) as AddressLines; // authentic: `sealAddress` wrote it
}

/** With its owner: an address that is given to another account is none of that one's. */
function placeOfAddress({ id, userId }: { readonly id: string; readonly userId: string }): string {
  return placeOf('addresses', `${userId}/${id}`);
}

/** Identifiers have one spelling in the database and others in requests. */
function placeOf(table: SealedTable, id: string): string {
  return `${table}.sealed/${id.toLowerCase()}`;
}
