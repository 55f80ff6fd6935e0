/** Seals with the first key what is sealed with another one, or not yet, a batch at a time; and counts what is left. */
import { type Connection, type Statement, sql, type Transaction } from '#chassis/postgres/statement.ts';
import { emailKey } from '../domain/email.ts';
import { type PersonalData, UnsealableError } from '../secrets/personal-data.ts';
import { emptyPlainColumns } from './plain-rows.ts';
import {
  type AddressRow,
  openAddress,
  openPerson,
  type PersonRow,
  type SealedTable,
  sealAddress,
  sealedColumns,
  sealPerson,
} from './sealed-rows.ts';

/** Some milliseconds of work: never in the way of a request. */
export const resealBatch = 200;

/** Id of the key of a row, as the indices have it: `migrations/0010-sealed-personal-data.sql`. */
const keyId = 'substring(sealed from 1 for 6)';

/** What is written again of a row. */
interface Resealed {
  readonly sealed: Buffer;
  /** Absent: the table has none. */
  readonly emailKey?: string;
}

interface Resealing {
  readonly table: SealedTable;
  readonly find: Statement;
  readonly write: Statement;
  reseal(personalData: PersonalData, row: AddressRow): Resealed;
}

/** Rows that somebody has locked are skipped: another replica seals them, or they are about to be sealed. */
function findSql(table: SealedTable, columns: string, isLive: string): Statement {
  const ids = (where: string) =>
    `(select id from ${table} where ${isLive} and ${where} and id <> all ($2) limit ${resealBatch})`;
  return sql(
    `reseal_${table}_find`,
    `select ${columns}, ${sealedColumns(table)} from ${table}
     where id = any (array(${ids(`${keyId} = any ($1)`)} union all ${ids(`${keyId} is null`)}))
       and ${isLive} and (sealed is null or ${keyId} = any ($1))
     limit ${resealBatch} for no key update skip locked`,
  );
}

function writePeopleSql(table: 'users' | 'registrations'): Statement {
  return sql(
    `reseal_${table}_write`,
    `update ${table} set sealed = t.sealed, email_key = t.email_key
     from unnest($1::uuid[], $2::bytea[], $3::text[]) as t (id, sealed, email_key) where ${table}.id = t.id`,
  );
}

function resealPerson(table: 'users' | 'registrations') {
  return (personalData: PersonalData, row: PersonRow): Resealed => {
    const person = openPerson(personalData, table, row);
    const sealed = sealPerson(personalData, table, row.id, person);
    return { sealed, emailKey: personalData.lookup(emailKey(person.email)) };
  };
}

/** An erased account has nothing to seal. */
const isLive: Readonly<Record<SealedTable, string>> = {
  users: `status <> 'erased'`,
  registrations: 'true',
  addresses: 'true',
};

const resealings: readonly Resealing[] = [
  {
    table: 'users',
    find: findSql('users', 'id', isLive.users),
    write: writePeopleSql('users'),
    reseal: resealPerson('users'),
  },
  {
    table: 'registrations',
    find: findSql('registrations', 'id', isLive.registrations),
    write: writePeopleSql('registrations'),
    reseal: resealPerson('registrations'),
  },
  {
    table: 'addresses',
    find: findSql('addresses', 'id, user_id as "userId"', isLive.addresses),
    write: sql(
      'reseal_addresses_write',
      `update addresses set sealed = t.sealed
       from unnest($1::uuid[], $2::bytea[]) as t (id, sealed) where addresses.id = t.id`,
    ),
    reseal: (personalData, row) => ({ sealed: sealAddress(personalData, row, openAddress(personalData, row)) }),
  },
];

export const sealedTables = resealings.map(({ table }) => table);

/** A row that cannot be opened, and why. */
export interface Unsealable {
  readonly id: string;
  readonly error: UnsealableError;
}

export interface ResealedBatch {
  readonly sealed: number;
  readonly failed: readonly Unsealable[];
}

/** Seals up to `resealBatch` rows of the table, but none of `except`. */
export async function resealRows(
  connection: Transaction,
  personalData: PersonalData,
  table: SealedTable,
  except: readonly string[],
): Promise<ResealedBatch> {
  const resealing = resealings.find((candidate) => candidate.table === table);
  if (resealing === undefined) throw new Error(`${table} has nothing sealed`);
  const [, ...older] = personalData.keyIds.map(toBytes);
  const rows = await connection.rows<AddressRow>(resealing.find, [older, except]);
  const results = rows.map((row) => ({ row, result: attempt(resealing, personalData, row) }));
  const done = results.flatMap(({ row, result }) => ('error' in result ? [] : [{ row, ...result }]));
  const failed = results.flatMap(({ row, result }) => ('error' in result ? [{ id: row.id, error: result.error }] : []));
  await emptyPlainColumns(
    connection,
    table,
    done.map(({ row }) => row),
  );
  if (done.length > 0) await connection.rows(resealing.write, toColumns(done));
  return { sealed: done.length, failed };
}

function attempt(
  { reseal }: Resealing,
  personalData: PersonalData,
  row: AddressRow,
): Resealed | { readonly error: UnsealableError } {
  try {
    return reseal(personalData, row);
  } catch (error) {
    if (error instanceof UnsealableError) return { error };
    throw error;
  }
}

function toColumns(done: readonly (Resealed & { readonly row: { readonly id: string } })[]): readonly unknown[] {
  const columns = [done.map(({ row }) => row.id), done.map(({ sealed }) => sealed)];
  const keys = done.flatMap(({ emailKey: key }) => (key === undefined ? [] : [key]));
  return keys.length === 0 ? columns : [...columns, keys];
}

function toBytes(id: string): Buffer {
  return Buffer.from(id, 'hex');
}

/** Counting stops here: nobody needs to know exactly how many more there are. */
const countedAtMost = 100_000;

interface Counting {
  readonly table: SealedTable;
  /** Steps from one key to the next through the index: what it costs grows with the keys that are in use, not with the rows. */
  readonly keys: Statement;
  /** Apart from `keys`: together the planner takes them for work that is worth compiling. */
  readonly ofKey: Statement;
  readonly plain: Statement;
}

function countingOf(table: SealedTable): Counting {
  const from = `from ${table} where ${isLive[table]}`;
  const count = (where: string) =>
    `select count(*)::int as count from (select ${from} and ${where} limit ${countedAtMost}) as counted`;
  const next = (where: string) => `(select ${keyId} ${from} and ${where} order by ${keyId} limit 1)`;
  const keys = `with recursive keys (id) as (
      select ${next(`${keyId} is not null`)}
      union all
      select ${next(`${keyId} > keys.id`)} from keys where keys.id is not null
    )
    select encode(id, 'hex') as id from keys where id is not null`;
  return {
    table,
    keys: sql(`sealing_keys_of_${table}`, keys),
    ofKey: sql(`sealed_${table}_count`, count(`${keyId} = $1`)),
    plain: sql(`plain_${table}_count`, count(`${keyId} is null`)),
  };
}

const countings = sealedTables.map(countingOf);

/** Rows of one table that are not sealed with the first key. */
export interface SealingBacklog {
  readonly table: SealedTable;
  /** Sealed with an older key of the ring, or not yet. */
  readonly outdated: number;
  /** Sealed with keys that are not in the ring. */
  readonly unreadable: number;
  readonly unknownKeys: readonly string[];
}

async function readKeys(connection: Connection, keys: Statement): Promise<readonly string[]> {
  return (await connection.rows<{ id: string }>(keys)).map(({ id }) => id);
}

/** Keys that rows are sealed with and that are not in the ring, by table; tables without any are left out. Counts nothing: a probe waits. */
export async function findUnknownKeys(
  connection: Connection,
  { keyIds }: PersonalData,
): Promise<readonly { readonly table: SealedTable; readonly keys: readonly string[] }[]> {
  const found = [];
  for (const { table, keys } of countings) {
    const unknown = (await readKeys(connection, keys)).filter((id) => !keyIds.includes(id));
    if (unknown.length > 0) found.push({ table, keys: unknown });
  }
  return found;
}

/** What is left to seal, by table. */
export async function readSealingBacklog(
  connection: Connection,
  personalData: PersonalData,
): Promise<readonly SealingBacklog[]> {
  const backlogs = [];
  for (const counting of countings) backlogs.push(await readBacklogOf(connection, personalData, counting));
  return backlogs;
}

async function readBacklogOf(
  connection: Connection,
  { keyIds: [first, ...older] }: PersonalData,
  { table, keys, ofKey, plain }: Counting,
): Promise<SealingBacklog> {
  const count = async (statement: Statement, values: readonly unknown[]) =>
    (await connection.rows<{ count: number }>(statement, values))[0]?.count ?? 0;
  const used = (await readKeys(connection, keys)).filter((id) => id !== first);
  let outdated = await count(plain, []);
  let unreadable = 0;
  for (const id of used) {
    const rows = await count(ofKey, [toBytes(id)]);
    if (older.includes(id)) outdated += rows;
    else unreadable += rows;
  }
  return { table, outdated, unreadable, unknownKeys: used.filter((id) => !older.includes(id)) };
}
