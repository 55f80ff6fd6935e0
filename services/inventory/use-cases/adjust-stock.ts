/** Stock that comes, goes or is counted: a batch as a whole or not at all, and once per reference. */
import { createHash } from 'node:crypto';
import { refusalOf } from '#chassis/postgres/errors.ts';
import type { Transaction } from '#chassis/postgres/statement.ts';
import type { ProblemCode, ProblemEntry, Refusal } from '#contracts/problems.ts';
import type { Writer } from '../deps.ts';
import type { Adjustment, AdjustmentLine } from '../domain/adjustment.ts';
import type { Cause } from '../domain/stock.ts';
import type { AdjustmentResult, StockBook } from '../domain/stock-book.ts';
import { stockEvents } from '../events/stock-events.ts';
import { insertAdjustment, readAdjustment } from '../store/adjustments.ts';
import { ensureLevels, readLevelsJson } from '../store/levels.ts';
import { lockStock } from '../store/lock-stock.ts';
import { writeStock } from '../store/write-stock.ts';

export type AdjustResult =
  /** `isNew` is false when the reference was there before: the answer is the one of then. */
  | { readonly state: 'adjusted'; readonly json: string; readonly isNew: boolean }
  | { readonly state: 'refused'; readonly refusal: Refusal };

/** Leaves the transaction without a trace of what was refused. */
class RefusedAdjustment extends Error {
  override readonly name = 'RefusedAdjustment';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

export async function adjustStock(writer: Writer, adjustment: Adjustment, actor: string): Promise<AdjustResult> {
  const fingerprint = createHash('sha256').update(JSON.stringify(adjustment)).digest('base64url');
  const before = await replay(writer, adjustment, fingerprint);
  if (before !== undefined) return before;
  try {
    const json = await writer.database.transaction((transaction) =>
      adjustIn(transaction, writer, { adjustment, fingerprint, actor }),
    );
    return { state: 'adjusted', json, isNew: true };
  } catch (error) {
    if (error instanceof RefusedAdjustment) return { state: 'refused', refusal: error.refusal };
    const refusal = refusalOf(error, {
      adjustments__primary_key: () => reused(adjustment.reference),
      stock_levels__warehouse_exists: () => ({
        code: 'warehouse-unknown',
        detail: 'a line names a warehouse that does not exist',
      }),
    });
    // The same request at the same moment: its answer is there now.
    if (refusal.code === 'reference-reused')
      return (await replay(writer, adjustment, fingerprint)) ?? { state: 'refused', refusal };
    return { state: 'refused', refusal };
  }
}

async function replay(
  { database }: Writer,
  { reference }: Adjustment,
  fingerprint: string,
): Promise<AdjustResult | undefined> {
  const stored = await readAdjustment(database.primary, reference);
  if (stored === undefined) return undefined;
  if (stored.fingerprint !== fingerprint) return { state: 'refused', refusal: reused(reference) };
  return { state: 'adjusted', json: stored.result, isNew: false };
}

function reused(reference: string): Refusal {
  return {
    code: 'reference-reused',
    detail: `the reference ${reference} belongs to another adjustment`,
    errors: [{ pointer: '#/reference', detail: 'belongs to another adjustment' }],
  };
}

interface Order {
  readonly adjustment: Adjustment;
  readonly fingerprint: string;
  readonly actor: string;
}

async function adjustIn(
  transaction: Transaction,
  { outbox }: Writer,
  { adjustment, fingerprint, actor }: Order,
): Promise<string> {
  const { reference, reason, lines } = adjustment;
  await ensureLevels(transaction, lines);
  const { book } = await lockStock(transaction, [...new Set(lines.map(({ sku }) => sku))]);
  const faults = lines.flatMap((line, index) => {
    const fault = adjustLine(book, line, { reference, actor, reason: line.counted === undefined ? reason : 'counted' });
    return fault === undefined ? [] : [{ ...fault, pointer: `#/lines/${index}` }];
  });
  if (faults.length > 0) throw new RefusedAdjustment(toRefusal(faults));
  const changes = book.changes();
  const versions = await writeStock(transaction, changes);
  const levels = await readLevelsJson(transaction, lines);
  const json = JSON.stringify({ reference, reason, levels });
  await insertAdjustment(transaction, { reference, fingerprint, actor, result: json });
  await outbox.append(transaction, ...stockEvents(changes.items, versions));
  return json;
}

interface Fault {
  readonly code: ProblemCode;
  readonly detail: string;
}

function adjustLine(
  book: StockBook,
  line: AdjustmentLine,
  cause: Cause & { readonly reason: Adjustment['reason'] | 'counted' },
): Fault | undefined {
  const level = book.level(line);
  if (level === undefined) return { code: 'warehouse-unknown', detail: `${line.sku} has no level there` };
  const { version = 'any', counted, delta = 0 } = line;
  if (version !== 'any' && version !== level.version)
    return { code: 'precondition-failed', detail: `the level has version ${level.version}, not ${version}` };
  const change = counted === undefined ? delta : counted - level.onHand;
  const result = book.adjust({ sku: line.sku, warehouseId: line.warehouseId, delta: change }, cause);
  return result.state === 'adjusted' ? undefined : describe(result, level);
}

function describe(
  { reason }: Extract<AdjustmentResult, { readonly state: 'refused' }>,
  {
    onHand,
    reserved,
    backordered,
  }: { readonly onHand: number; readonly reserved: number; readonly backordered: number },
): Fault {
  const detail = {
    'unknown-level': 'there is no such level',
    'not-there': `only ${onHand} are there`,
    promised: `of ${onHand} that are there ${reserved} are reserved and ${backordered} sold ahead`,
    'too-many': 'a level has at most 1000000000 units',
  }[reason];
  return { code: 'stock-promised', detail };
}

/** One code for the whole: a stale version before anything else, for then the rest is judged on what the caller has not seen. */
function toRefusal(faults: readonly (Fault & ProblemEntry)[]): Refusal {
  const stale = faults.filter(({ code }) => code === 'precondition-failed');
  const [first] = stale.length > 0 ? stale : faults;
  const code = first?.code ?? 'stock-promised';
  const errors = faults.map(({ detail, pointer }) => ({ detail, ...(pointer === undefined ? {} : { pointer }) }));
  return { code, detail: first?.detail ?? '', errors: errors.slice(0, 20) };
}
