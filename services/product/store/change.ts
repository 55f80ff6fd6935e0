/** What all changes of products have in common: one transaction with their events, and refusals instead of violated constraints. */
import type { NewEvent } from '#chassis/events/cloud-event.ts';
import type { Outbox } from '#chassis/outbox/outbox.ts';
import type { Database } from '#chassis/postgres/database.ts';
import { refusalOf } from '#chassis/postgres/errors.ts';
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import type { Refusal } from '#contracts/problems.ts';
import { type PricesBefore, updatedEvents } from './product-events.ts';
import { previousPricesJson, productsWithDefault, storedProductJson } from './product-json.ts';
import { refusals } from './refusals.ts';

/** What changes are written with. */
export interface Writer {
  readonly database: Database;
  readonly outbox: Outbox;
}

/** The product to change, and the version that the caller saw. */
export interface Target {
  readonly id: string;
  readonly version: number | 'any';
}

/** A product after a change, in its public form. */
export interface ChangedRow {
  readonly id: string;
  readonly version: number;
  readonly revision: number;
  readonly json: string;
}

/** A change that happened, or why it did not. */
export type ChangeResult =
  | ({ readonly state: 'changed' } & ChangedRow)
  | { readonly state: 'refused'; readonly refusal: Refusal };

/** Thrown inside of a transaction: what was done in it is taken back, and the caller is told why. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

export interface Change<Row> {
  readonly work: (transaction: Transaction) => Promise<readonly Row[]>;
  readonly eventsOf: (row: Row) => readonly NewEvent[];
}

/** Does the work with its events; nothing when it found no row. `content` is named in refusals. */
export async function change<Row extends ChangedRow>(
  { database, outbox }: Writer,
  content: object,
  { work, eventsOf }: Change<Row>,
): Promise<ChangeResult | undefined> {
  try {
    const row = await database.transaction(async (transaction) => {
      const [changed] = await work(transaction);
      if (changed !== undefined) await outbox.append(transaction, ...eventsOf(changed));
      return changed;
    });
    if (row === undefined) return undefined;
    const { id, version, revision, json } = row;
    return { state: 'changed', id, version, revision, json };
  } catch (error) {
    return { state: 'refused', refusal: toRefusal(error, content) };
  }
}

/** What the error refuses; a defect is thrown again. */
export function toRefusal(error: unknown, content: object): Refusal {
  return error instanceof RefusedError ? error.refusal : refusalOf(error, refusals(content));
}

/**
 * Whoever changes any version waits for the writer before it, and sees what that one wrote: variants and prices are in other tables,
 * which one statement would read as they were before the wait.
 */
const lock = sql('product_lock', 'select from products where id = $1 and deleted_at is null for update');

/** Waits for who changes the product at this moment; needed where the version is not compared. */
export async function lockIfAny(transaction: Transaction, target: Target): Promise<void> {
  if (target.version === 'any') await transaction.rows(lock, [target.id]);
}

/** The version as a parameter: null for any. */
export function versionValue({ version }: Target): number | null {
  return version === 'any' ? null : version;
}

const touch = sql(
  'product_touch',
  `with p as (
     update products set version = version + 1, updated_at = now()
     where id = $1 and deleted_at is null and ($2::int is null or version = $2) returning *
   )
   select p.id, ${previousPricesJson} as "pricesBefore" from p`,
);

const readChanged = sql(
  'product_changed',
  `select p.id, p.version, p.shown_revision as revision, ${storedProductJson} as json
   from ${productsWithDefault} where p.id = $1`,
);

/**
 * Changes something that belongs to a product: its version grows, `work` is done while nobody else changes the product, and the whole
 * product is announced.
 */
export async function changePart(
  writer: Writer,
  target: Target,
  content: object,
  work: (transaction: Transaction) => Promise<void>,
): Promise<ChangeResult> {
  const result = await change(writer, content, {
    work: (transaction) => changePartWithin(transaction, target, work),
    eventsOf: updatedEvents,
  });
  return result ?? missing(writer.database.primary, target);
}

/** `changePart` in a transaction that is there; the caller announces the change. */
export async function changePartWithin(
  transaction: Transaction,
  target: Target,
  work: (transaction: Transaction) => Promise<void>,
): Promise<readonly (ChangedRow & PricesBefore)[]> {
  await lockIfAny(transaction, target);
  const [touched] = await transaction.rows<PricesBefore>(touch, [target.id, versionValue(target)]);
  if (touched === undefined) return [];
  await work(transaction);
  const rows = await transaction.rows<ChangedRow>(readChanged, [target.id]);
  return rows.map((row) => ({ ...row, pricesBefore: touched.pricesBefore }));
}

const present = sql('product_version', 'select version from products where id = $1 and deleted_at is null');

/** Why a change found no row; asked only then. */
export async function missing(connection: Connection, target: Target): Promise<ChangeResult> {
  const [row] = await connection.rows<{ version: number }>(present, [target.id]);
  const refusal: Refusal =
    row === undefined
      ? { code: 'not-found', detail: `no product has the id ${target.id}` }
      : { code: 'precondition-failed', detail: `the product has version ${row.version}, not ${target.version}` };
  return { state: 'refused', refusal };
}
