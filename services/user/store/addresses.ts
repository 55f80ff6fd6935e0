/** Address books in SQL. */
import type { Database } from '#chassis/postgres/database.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import { maximumAddresses } from '../domain/account.ts';
import type { Address, AddressPatch, NewAddress } from '../domain/address.ts';
import { type Change, changed, missing, refuse, type Target, versionOf } from './results.ts';

/** An address in its public form. */
export const addressColumns = `id, recipient, company, line1, line2, city, region, postal_code as "postalCode",
  country_code as "countryCode", phone, is_default_shipping as "isDefaultShipping",
  is_default_billing as "isDefaultBilling", version, ${utc('created_at')} as "createdAt",
  ${utc('updated_at')} as "updatedAt"`;

const list = sql('addresses_of_user', `select ${addressColumns} from addresses where user_id = $1 order by id`);
const readOne = sql('address_by_id', `select ${addressColumns} from addresses where id = $1 and user_id = $2`);

/** The whole book, the oldest first: it is bounded. */
export async function listAddresses(connection: Connection, userId: string): Promise<readonly Address[]> {
  return connection.rows<Address>(list, [userId]);
}

/** An address of this user; somebody else's is not there. */
export async function readAddress(connection: Connection, userId: string, id: string): Promise<Address | undefined> {
  const [row] = await connection.rows<Address>(readOne, [id, userId]);
  return row;
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
  `insert into addresses (id, user_id, recipient, company, line1, line2, city, region, postal_code, country_code, phone,
     is_default_shipping, is_default_billing)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning ${addressColumns}`,
);

/** Adds an address. The first one is the default for everything. */
export async function createAddress(
  database: Database,
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
    const { recipient, company, line1, line2, city, region, postalCode, countryCode, phone } = address;
    const fields = [recipient, company, line1, line2, city, region, postalCode, countryCode, phone];
    const [row] = await connection.rows<Address>(insert, [ids.id, ids.userId, ...fields, isShipping, isBilling]);
    if (row === undefined) throw new Error('an insert returned no row');
    return changed(row);
  });
}

const update = sql(
  'address_update',
  `with patch as (select $4::jsonb as value)
   update addresses set
     recipient = coalesce(value->>'recipient', recipient),
     company = case when value ? 'company' then value->>'company' else company end,
     line1 = coalesce(value->>'line1', line1),
     line2 = case when value ? 'line2' then value->>'line2' else line2 end,
     city = coalesce(value->>'city', city),
     region = case when value ? 'region' then value->>'region' else region end,
     postal_code = case when value ? 'postalCode' then value->>'postalCode' else postal_code end,
     country_code = coalesce(value->>'countryCode', country_code),
     phone = case when value ? 'phone' then value->>'phone' else phone end,
     is_default_shipping = coalesce((value->>'isDefaultShipping')::boolean, is_default_shipping),
     is_default_billing = coalesce((value->>'isDefaultBilling')::boolean, is_default_billing),
     version = version + 1, updated_at = now()
   from patch where id = $1 and user_id = $2 and ($3::int is null or version = $3) returning ${addressColumns}`,
);

/** Whose address, and at which version. */
export interface AddressTarget extends Target {
  readonly userId: string;
}

/** Changes an address if it still has the version. */
export async function updateAddress(
  database: Database,
  target: AddressTarget,
  patch: AddressPatch,
): Promise<Change<Address>> {
  return inTurn(database, target.userId, async (connection) => {
    const present = await readAddress(connection, target.userId, target.id);
    if (present === undefined || (target.version !== 'any' && present.version !== target.version))
      return missing('address', target, present?.version);
    const defaults = [patch.isDefaultShipping ?? false, patch.isDefaultBilling ?? false];
    await connection.rows(dropDefaults, [target.userId, target.id, ...defaults]);
    const values = [target.id, target.userId, versionOf(target), JSON.stringify(patch)];
    const [row] = await connection.rows<Address>(update, values);
    return row === undefined ? missing('address', target, undefined) : changed(row);
  });
}

const remove = sql(
  'address_delete',
  'delete from addresses where id = $1 and user_id = $2 and ($3::int is null or version = $3) returning id',
);

/** Deletes an address; if it was a default, there is none until the customer chooses another. */
export async function deleteAddress(database: Database, target: AddressTarget): Promise<Change<string>> {
  const { id, userId } = target;
  const [row] = await database.primary.rows<{ id: string }>(remove, [id, userId, versionOf(target)]);
  if (row !== undefined) return changed(row.id);
  return missing('address', target, (await readAddress(database.primary, userId, id))?.version);
}
