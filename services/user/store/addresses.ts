/** Address books in SQL. */
import type { Database } from '#chassis/postgres/database.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import { maximumAddresses } from '../domain/account.ts';
import type { Address, AddressPatch, NewAddress } from '../domain/address.ts';
import type { PersonalData } from '../secrets/personal-data.ts';
import { emptyPlainColumns } from './plain-rows.ts';
import { type Change, changed, missing, refuse, type Target, versionOf } from './results.ts';
import { type AddressLines, type AddressRow, openAddress, sealAddress, sealedColumns } from './sealed-rows.ts';

/** What `toAddress` makes an address in its public form of. */
export const addressColumns = `id, user_id as "userId", ${sealedColumns('addresses')}, country_code as "countryCode",
  is_default_shipping as "isDefaultShipping", is_default_billing as "isDefaultBilling", version,
  ${utc('created_at')} as "createdAt", ${utc('updated_at')} as "updatedAt"`;

export type StoredAddress = AddressRow & Omit<Address, keyof AddressLines>;

/** Throws `UnsealableError`, as everything does that reads addresses. */
export function toAddress(personalData: PersonalData, row: StoredAddress): Address {
  const { id, countryCode, isDefaultShipping, isDefaultBilling, version, createdAt, updatedAt } = row;
  const { phone, ...lines } = openAddress(personalData, row);
  const defaults = { isDefaultShipping, isDefaultBilling };
  return { id, ...lines, countryCode, phone, ...defaults, version, createdAt, updatedAt };
}

const list = sql('addresses_of_user', `select ${addressColumns} from addresses where user_id = $1 order by id`);
const readOne = sql('address_by_id', `select ${addressColumns} from addresses where id = $1 and user_id = $2`);

/** The whole book, the oldest first: it is bounded. */
export async function listAddresses(
  connection: Connection,
  personalData: PersonalData,
  userId: string,
): Promise<readonly Address[]> {
  const rows = await connection.rows<StoredAddress>(list, [userId]);
  return rows.map((row) => toAddress(personalData, row));
}

/** An address of this user; somebody else's is not there. */
export async function readAddress(
  connection: Connection,
  personalData: PersonalData,
  { id, userId }: { readonly id: string; readonly userId: string },
): Promise<Address | undefined> {
  const [row] = await connection.rows<StoredAddress>(readOne, [id, userId]);
  return row === undefined ? undefined : toAddress(personalData, row);
}

/**
 * Changes of one book take turns: the number of addresses and the defaults concern all of them, and an erased account gets
 * none any more.
 */
const takeTurn = sql(
  'address_book_lock',
  `select id from users where id = $1 and status <> 'erased' for no key update`,
);
/** A statement of its own: that of the lock sees the book as it was before it waited. */
const countAll = sql('address_book_count', 'select count(*)::int as count from addresses where user_id = $1');

/** Another address takes the place of the default; that changes the one which was it. */
const dropDefaults = sql(
  'addresses_drop_defaults',
  `update addresses set is_default_shipping = is_default_shipping and not $3, is_default_billing = is_default_billing and not $4,
     version = version + 1, updated_at = now()
   where user_id = $1 and id <> $2 and ((is_default_shipping and $3) or (is_default_billing and $4))`,
);

async function inTurn<T>(
  database: Database,
  userId: string,
  work: (connection: Connection) => Promise<Change<T>>,
): Promise<Change<T>> {
  return database.transaction(async (connection) => {
    const [owner] = await connection.rows(takeTurn, [userId]);
    if (owner === undefined) return refuse({ code: 'not-found', detail: `there is no user ${userId}` });
    return work(connection);
  });
}

const insert = sql(
  'address_create',
  `insert into addresses (id, user_id, sealed, country_code, is_default_shipping, is_default_billing)
   values ($1, $2, $3, $4, $5, $6) returning ${addressColumns}`,
);

/** Adds an address. The first one is the default for everything. */
export async function createAddress(
  database: Database,
  personalData: PersonalData,
  ids: { readonly userId: string; readonly id: string },
  address: NewAddress,
): Promise<Change<Address>> {
  return inTurn(database, ids.userId, async (connection) => {
    const [{ count } = { count: 0 }] = await connection.rows<{ count: number }>(countAll, [ids.userId]);
    if (count >= maximumAddresses)
      return refuse({ code: 'too-many-addresses', detail: `the account has ${count} addresses already` });
    const isShipping = address.isDefaultShipping || count === 0;
    const isBilling = address.isDefaultBilling || count === 0;
    await connection.rows(dropDefaults, [ids.userId, ids.id, isShipping, isBilling]);
    const fields = [sealAddress(personalData, ids, address), address.countryCode, isShipping, isBilling];
    const [row] = await connection.rows<StoredAddress>(insert, [ids.id, ids.userId, ...fields]);
    if (row === undefined) throw new Error('an insert returned no row');
    return changed(toAddress(personalData, row));
  });
}

const update = sql(
  'address_update',
  `update addresses set sealed = $4, country_code = $5, is_default_shipping = coalesce($6, is_default_shipping),
     is_default_billing = coalesce($7, is_default_billing), version = version + 1, updated_at = now()
   where id = $1 and user_id = $2 and ($3::int is null or version = $3) returning ${addressColumns}`,
);

/** Whose address, and at which version. */
export interface AddressTarget extends Target {
  readonly userId: string;
}

/** Changes an address if it still has the version. */
export async function updateAddress(
  database: Database,
  personalData: PersonalData,
  target: AddressTarget,
  patch: AddressPatch,
): Promise<Change<Address>> {
  return inTurn(database, target.userId, async (connection) => {
    const [present] = await connection.rows<StoredAddress>(readOne, [target.id, target.userId]);
    if (present === undefined || (target.version !== 'any' && present.version !== target.version))
      return missing('address', target, present?.version);
    const defaults = [patch.isDefaultShipping ?? false, patch.isDefaultBilling ?? false];
    await connection.rows(dropDefaults, [target.userId, target.id, ...defaults]);
    await emptyPlainColumns(connection, 'addresses', [present]);
    const next = patchAddress(toAddress(personalData, present), patch);
    const fields = [sealAddress(personalData, target, next), next.countryCode];
    const values = [...fields, patch.isDefaultShipping ?? null, patch.isDefaultBilling ?? null];
    const [row] = await connection.rows<StoredAddress>(update, [
      target.id,
      target.userId,
      versionOf(target),
      ...values,
    ]);
    return row === undefined ? missing('address', target, undefined) : changed(toAddress(personalData, row));
  });
}

/** Absent members stay. */
function patchAddress(address: Address, patch: AddressPatch): Address {
  return { ...address, ...Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) };
}

const readVersion = sql('address_version', 'select version from addresses where id = $1 and user_id = $2');
const remove = sql(
  'address_delete',
  'delete from addresses where id = $1 and user_id = $2 and ($3::int is null or version = $3) returning id',
);

/** Deletes an address; if it was a default, there is none until the customer chooses another. */
export async function deleteAddress(database: Database, target: AddressTarget): Promise<Change<string>> {
  const { id, userId } = target;
  const [row] = await database.primary.rows<{ id: string }>(remove, [id, userId, versionOf(target)]);
  if (row !== undefined) return changed(row.id);
  const [present] = await database.primary.rows<{ version: number }>(readVersion, [id, userId]);
  return missing('address', target, present?.version);
}
