/** Holds stock for orders: all lines of an order or none, as many orders as came together in one transaction. */
import { refusalOf } from '#chassis/postgres/errors.ts';
import type { Transaction } from '#chassis/postgres/statement.ts';
import type { Refusal } from '#contracts/problems.ts';
import type { Writer } from '../deps.ts';
import type { Shortage, Strategy } from '../domain/allocation.ts';
import type { Reservation } from '../domain/reservation.ts';
import type { OrderLine } from '../domain/stock.ts';
import type { StockBook } from '../domain/stock-book.ts';
import { stockEvents } from '../events/stock-events.ts';
import { type LockedStock, lockStock } from '../store/lock-stock.ts';
import { findOverdueReservationsOf } from '../store/reservations.ts';
import { writeStock } from '../store/write-stock.ts';
import { expireReservations } from './end-reservations.ts';

export interface Holder {
  /** In lower case, as the store has it. */
  readonly id: string;
  /** Most reservations that may be active at once. */
  readonly limit: number;
}

export interface ReservationRequest {
  readonly orderId: string;
  /** For whom, if that is known: a customer or a guest's cart. */
  readonly holder?: Holder | undefined;
  /** Each SKU once. */
  readonly lines: readonly OrderLine[];
  readonly strategy: Strategy;
  readonly ttlMs: number;
  /** Who asks, for the ledger. */
  readonly actor: string;
}

export type ReserveResult =
  /** `isNew` is false when the order had its reservation already; it may be over by now. */
  | { readonly state: 'reserved'; readonly reservation: Reservation; readonly isNew: boolean }
  | { readonly state: 'refused'; readonly refusal: Refusal };

/** Attempts when an order of the group gets its reservation elsewhere in this moment. */
const attempts = 3;

/** The results in the order of the requests. */
export async function reserveGroup(
  writer: Writer,
  requests: readonly ReservationRequest[],
): Promise<readonly ReserveResult[]> {
  const { results, overdue } = await reserveOnce(writer, requests);
  if (overdue.length === 0) return results;
  // Stock that is held beyond its time is free, whether or not the sweeper was here.
  await expireReservations(writer, overdue);
  const short = requests.filter((_, index) => isShort(results[index]));
  const again = await reserveOnce(writer, short);
  return requests.map((request, index) => again.results[short.indexOf(request)] ?? results[index] ?? missing());
}

function missing(): never {
  throw new Error('a request has no result');
}

function isShort(result: ReserveResult | undefined): boolean {
  return result?.state === 'refused' && result.refusal.code === 'out-of-stock';
}

interface GroupOutcome {
  readonly results: readonly ReserveResult[];
  /** Reservations that held what was short although their time was over. */
  readonly overdue: readonly string[];
}

async function reserveOnce(writer: Writer, requests: readonly ReservationRequest[]): Promise<GroupOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writer.database.transaction((transaction) => reserveIn(transaction, writer, requests));
    } catch (error) {
      // Another replica was quicker with one of the orders: the next look finds it, and promises its stock to nobody else.
      refusalOf(error, { reservations__order_unique: alreadyReserved });
      if (attempt === attempts) throw error;
    }
  }
}

async function reserveIn(
  transaction: Transaction,
  { newId, outbox }: Writer,
  requests: readonly ReservationRequest[],
): Promise<GroupOutcome> {
  const orderIds = requests.map(({ orderId }) => orderId);
  const holderIds = requests.flatMap(({ holder }) => holder?.id ?? []);
  const locked = await lockStock(transaction, skusOf(requests), { orderIds, holderIds: [...new Set(holderIds)] });
  const known = new Map(locked.orders.map((reservation) => [reservation.orderId, reservation]));
  const situation = { ...locked, known, held: new Map(locked.held), newId };
  const results = requests.map((request) => reserveOne(request, situation));
  const overdue = await findOverdue(
    transaction,
    requests.filter((_, index) => isShort(results[index])),
  );
  const begun = results.flatMap((result) => (result.state === 'reserved' && result.isNew ? [result.reservation] : []));
  if (begun.length > 0) {
    const changes = locked.book.changes();
    const versions = await writeStock(transaction, { ...changes, begun });
    await outbox.append(transaction, ...stockEvents(changes.items, versions));
  }
  return { results, overdue };
}

/** Most reservations that one look at a short SKU ends; the sweeper does the rest. */
const maximumOverdue = 100;

/** While the stock is locked nobody can end one of them unseen: what was not freed before the look is found here. */
async function findOverdue(transaction: Transaction, short: readonly ReservationRequest[]): Promise<readonly string[]> {
  return short.length === 0 ? [] : findOverdueReservationsOf(transaction, skusOf(short), maximumOverdue);
}

interface Situation extends Pick<LockedStock, 'now'> {
  readonly book: StockBook;
  /** Reservations by order, those of this group included. */
  readonly known: Map<string, Reservation>;
  /** Active reservations by holder, those of this group included. */
  readonly held: Map<string, number>;
  readonly newId: () => string;
}

function reserveOne(request: ReservationRequest, { book, known, held, newId, now }: Situation): ReserveResult {
  const { orderId, holder, lines, strategy, ttlMs, actor } = request;
  const before = known.get(orderId);
  if (before !== undefined) return repeat(before, lines);
  const count = holder === undefined ? 0 : (held.get(holder.id) ?? 0);
  if (holder !== undefined && count >= holder.limit) return { state: 'refused', refusal: tooMany(holder) };
  const id = newId();
  const result = book.reserve({ reference: id, actor }, lines, strategy);
  if (result.state === 'short') return { state: 'refused', refusal: outOfStock(request, result.shortages) };
  const reservation: Reservation = {
    id,
    orderId,
    holderId: holder?.id ?? null,
    status: 'active',
    strategy,
    expiresAt: new Date(now.getTime() + ttlMs).toISOString(),
    createdAt: now.toISOString(),
    closedAt: null,
    lines: result.allocations.toSorted(byPlace),
  };
  known.set(orderId, reservation);
  if (holder !== undefined) held.set(holder.id, count + 1);
  return { state: 'reserved', reservation, isNew: true };
}

/** The same order again gets the same answer; an order with other lines is a mistake. */
function repeat(reservation: Reservation, lines: readonly OrderLine[]): ReserveResult {
  const held = new Map<string, number>();
  for (const { sku, quantity } of reservation.lines) held.set(sku, (held.get(sku) ?? 0) + quantity);
  const isSame = held.size === lines.length && lines.every(({ sku, quantity }) => held.get(sku) === quantity);
  if (isSame) return { state: 'reserved', reservation, isNew: false };
  return { state: 'refused', refusal: alreadyReserved() };
}

function alreadyReserved(): Refusal {
  return { code: 'order-already-reserved', detail: 'the order has a reservation with other lines' };
}

function tooMany({ limit }: Holder): Refusal {
  return { code: 'too-many-reservations', detail: `${limit} reservations are active for the holder` };
}

function outOfStock({ lines }: ReservationRequest, shortages: readonly Shortage[]): Refusal {
  const errors = shortages.map(({ sku, quantity, available }) => ({
    pointer: `#/lines/${lines.findIndex((line) => line.sku === sku)}/quantity`,
    detail: `${quantity} of ${sku} are wanted and ${available} can be had`,
  }));
  return { code: 'out-of-stock', detail: `${shortages.map(({ sku }) => sku).join(', ')} cannot be had`, errors };
}

function skusOf(requests: readonly ReservationRequest[]): readonly string[] {
  return [...new Set(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)))];
}

function byPlace(left: { sku: string; warehouseId: string }, right: { sku: string; warehouseId: string }): number {
  return `${left.sku} ${left.warehouseId}` < `${right.sku} ${right.warehouseId}` ? -1 : 1;
}
