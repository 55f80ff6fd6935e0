/** Does the work of an import: rows become products, a batch in one transaction with its events and its results. */
import type { NewEvent } from '#chassis/events/cloud-event.ts';
import { maximumPayloadBytes } from '#chassis/outbox/outbox.ts';
import { sql, type Transaction } from '#chassis/postgres/statement.ts';
import type { Refusal } from '#contracts/problems.ts';
import { type ProductPatch, toNewProduct } from '../domain/product.ts';
import { changePartWithin, RefusedError, toRefusal, type Writer } from '../store/change.ts';
import { claimJob, hasWork, markRows, type RowResult, readWaitingRows, type WaitingRow } from '../store/imports.ts';
import { insertManyText, readMany } from '../store/insert-products.ts';
import { createdEvents, updatedEvents } from '../store/product-events.ts';
import { findProductId, insertProduct, patchProduct } from '../store/write-products.ts';
import { placeVariants } from '../store/write-variants.ts';

/** Rows of one transaction: some tens of milliseconds, so that a product that is changed by hand meanwhile hardly waits. */
const batchSize = 200;

const savepoint = sql('import_savepoint', 'savepoint import_rows');
const takeBack = sql('import_take_back', 'rollback to savepoint import_rows');
const keep = sql('import_keep', 'release savepoint import_rows');

/**
 * The planner knows the tables as they were when a connection first asked; an import makes them grow from nothing. Without this each
 * batch would read all products before it. The price that this puts on other ways would make PostgreSQL compile each statement.
 */
const useIndexes = sql(
  'import_use_indexes',
  `select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`,
);

/** A category that is not there is a fault of the row. */
const insertMany = sql('import_insert', insertManyText('(w."categoryId" is null or c.id is not null)'));

export interface Importer extends Writer {
  readonly newId: () => string;
}

interface Imported {
  readonly results: readonly RowResult[];
  readonly events: readonly NewEvent[];
}

/**
 * Imports the next rows of the oldest job that no other process has in hand; false when there is nothing to do. What was done and
 * the note of it are committed together: after a crash the work goes on with the first row that was not.
 */
export async function importBatch(importer: Importer): Promise<boolean> {
  if (!(await hasWork(importer.database.primary))) return false;
  return importer.database.transaction(async (transaction) => {
    const job = await claimJob(transaction);
    if (job === undefined) return false;
    await transaction.rows(useIndexes);
    const rows = await readWaitingRows(transaction, job.id, batchSize);
    await transaction.rows(savepoint);
    const { results, events } = await importRows(transaction, importer, rows);
    // A dry run does everything but keep it.
    if (job.isDryRun) await transaction.rows(takeBack);
    await markRows(transaction, job.id, job.isDryRun ? results.map(withoutId) : results, rows.length < batchSize);
    if (!job.isDryRun) await importer.outbox.append(transaction, ...events);
    return true;
  });
}

function withoutId(result: RowResult): RowResult {
  return { ...result, productId: null };
}

/** First all that are new in one statement, then the others one by one. */
async function importRows(
  transaction: Transaction,
  importer: Importer,
  rows: readonly WaitingRow[],
): Promise<Imported> {
  const created = await attempt(transaction, () => createMany(transaction, importer, rows));
  const results = [...(created.value?.results ?? [])];
  const events = [...(created.value?.events ?? [])];
  const done = new Set(results.map(({ number }) => number));
  for (const row of rows) {
    if (done.has(row.number)) continue;
    const { value, refusal } = await attempt(transaction, () => importOne(transaction, importer, row));
    results.push(value?.result ?? toFailure(row, refusal));
    events.push(...(value?.events ?? []));
  }
  return { results, events };
}

/** Does the work, or takes back what it did where it was refused. */
async function attempt<T>(
  transaction: Transaction,
  work: () => Promise<T>,
): Promise<{ readonly value?: T; readonly refusal?: Refusal }> {
  await transaction.rows(savepoint);
  try {
    const value = await work();
    await transaction.rows(keep);
    return { value };
  } catch (error) {
    // Throws again what is no refusal: then the whole batch is taken back and tried again.
    const refusal = toRefusal(error, {});
    await transaction.rows(takeBack);
    await transaction.rows(keep);
    return { refusal };
  }
}

async function createMany(
  transaction: Transaction,
  { newId }: Importer,
  rows: readonly WaitingRow[],
): Promise<Imported> {
  const wanted = rows.map(({ number, content }) => {
    const id = newId();
    const product = toNewProduct(content.product);
    const variants = product.variants.map((variant, position) => ({
      id: position === 0 ? id : newId(),
      position,
      ...variant,
    }));
    return { number, product: { id, ...product, variants } };
  });
  const values = [JSON.stringify(wanted.map(({ product }) => product))];
  const added = await transaction.rows<{ readonly id: string }>(insertMany, values);
  const numbers = new Map(wanted.map(({ number, product }) => [product.id, number]));
  const stored = await transaction.rows<{ readonly id: string; readonly json: string }>(readMany, [
    added.map(({ id }) => id),
  ]);
  for (const { json } of stored) assertTellable(json);
  return {
    results: stored.map(({ id }) => ({
      number: numbers.get(id) ?? 0,
      state: 'created',
      productId: id,
      errors: null,
    })),
    events: stored.flatMap(createdEvents),
  };
}

/** An event must not be too large: it would be refused after everything else, and the batch with it. */
function assertTellable(json: string): void {
  const most = maximumPayloadBytes - 131_072;
  if (Buffer.byteLength(json) > most)
    throw new RefusedError({ code: 'validation-failed', detail: `the product is larger than ${most} bytes` });
}

async function importOne(transaction: Transaction, importer: Importer, row: WaitingRow) {
  const product = toNewProduct(row.content.product);
  const id = await findProductId(transaction, product.slug);
  if (id === undefined) {
    const [created] = await insertProduct(transaction, importer.newId, product);
    if (created === undefined) throw new Error('an insert returned no row');
    assertTellable(created.json);
    return { result: toResult(row, 'created', created.id), events: createdEvents(created) };
  }
  const target = { id, version: 'any' } as const;
  const [updated] = await changePartWithin(transaction, target, async () => {
    await patchProduct(transaction, target, patchOf(row));
    await placeVariants(transaction, id, product, importer.newId);
  });
  if (updated === undefined) throw new RefusedError({ code: 'not-found', detail: 'the product was deleted meanwhile' });
  assertTellable(updated.json);
  return { result: toResult(row, 'updated', id), events: updatedEvents(updated) };
}

/** What the row says of a product that is there; SKUs and prices go with its variants. */
function patchOf({ content: { product, members } }: WaitingRow): ProductPatch {
  const { title, description, status, categoryId, attributes } = product;
  const patch = { title, description, status, categoryId, attributes };
  return Object.fromEntries(Object.entries(patch).filter(([name]) => members.includes(name)));
}

function toResult({ number }: WaitingRow, state: 'created' | 'updated', productId: string): RowResult {
  return { number, state, productId, errors: null };
}

function toFailure({ number }: WaitingRow, refusal: Refusal | undefined): RowResult {
  const errors = refusal?.errors ?? [{ detail: refusal?.detail ?? 'was refused' }];
  return { number, state: 'failed', productId: null, errors };
}
