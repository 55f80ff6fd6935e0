/** Confirms, releases and expires reservations: each ends exactly once. */
import type { Transaction } from '#chassis/postgres/statement.ts';
import type { Refusal } from '#contracts/problems.ts';
import type { Writer } from '../deps.ts';
import { decideEnding, type Ending, type Reservation } from '../domain/reservation.ts';
import type { StockBook } from '../domain/stock-book.ts';
import { expiredEvents, stockEvents } from '../events/stock-events.ts';
import { lockStock } from '../store/lock-stock.ts';
import { type LockedReservation, lockOverdueReservations, lockReservations } from '../store/reservations.ts';
import { type EndedReservation, writeStock } from '../store/write-stock.ts';

export interface EndRequest {
  readonly id: string;
  readonly ending: Ending;
  /** Who asks, for the ledger. */
  readonly actor: string;
}

export type EndResult =
  | { readonly state: 'ended'; readonly reservation: Reservation }
  | { readonly state: 'refused'; readonly refusal: Refusal };

/** The sweeper's name in the ledger. */
const sweeper = 'inventory';

/** Ends what the callers ask for in one transaction; the results in the order of the requests. */
export function endGroup(writer: Writer, requests: readonly EndRequest[]): Promise<readonly EndResult[]> {
  return writer.database.transaction(async (transaction) => {
    const ids = requests.map(({ id }) => id);
    const locked = await lockReservations(transaction, ids);
    return endLocked(transaction, writer, { locked, requests });
  });
}

/** Ends up to `limit` reservations whose time is over; resolves with how many. Several replicas may do so at once. */
export function expireOverdue(writer: Writer, limit: number): Promise<number> {
  return writer.database.transaction(async (transaction) =>
    expire(transaction, writer, await lockOverdueReservations(transaction, limit)),
  );
}

/** Ends these if their time is over, and waits for whoever is just ending one of them. */
export async function expireReservations(writer: Writer, ids: readonly string[]): Promise<void> {
  await writer.database.transaction(async (transaction) =>
    expire(transaction, writer, await lockReservations(transaction, ids)),
  );
}

async function expire(transaction: Transaction, writer: Writer, locked: readonly LockedReservation[]): Promise<number> {
  if (locked.length === 0) return 0;
  const requests = locked.map(({ reservation: { id } }): EndRequest => ({ id, ending: 'expire', actor: sweeper }));
  const results = await endLocked(transaction, writer, { locked, requests });
  return results.filter(({ state }) => state === 'ended').length;
}

interface Group {
  readonly locked: readonly LockedReservation[];
  readonly requests: readonly EndRequest[];
}

async function endLocked(
  transaction: Transaction,
  { outbox }: Writer,
  { locked, requests }: Group,
): Promise<readonly EndResult[]> {
  const active = locked.filter(({ status }) => status === 'active');
  const skus = new Set(active.flatMap(({ reservation }) => reservation.lines.map(({ sku }) => sku)));
  const { book, now } = await lockStock(transaction, [...skus]);
  const group = new EndingGroup(locked, book, now);
  const results = requests.map((request) => group.end(request));
  if (group.ended.length > 0) {
    const changes = book.changes();
    const versions = await writeStock(transaction, { ...changes, ended: group.ended });
    const expired = group.ended.filter(({ status }) => status === 'expired');
    const expiries = expired.flatMap((end) => expiredEvents(group.reservation(end.id), end.closedAt));
    await outbox.append(transaction, ...stockEvents(changes.items, versions), ...expiries);
  }
  return results;
}

/** Decides one after the other, each with what those before it have changed. */
class EndingGroup {
  readonly ended: EndedReservation[] = [];
  readonly #locked: Map<string, LockedReservation>;
  readonly #book: StockBook;
  readonly #now: Date;

  constructor(locked: readonly LockedReservation[], book: StockBook, now: Date) {
    this.#locked = new Map(locked.map((one) => [one.reservation.id, one]));
    this.#book = book;
    this.#now = now;
  }

  reservation(id: string): Reservation {
    const found = this.#locked.get(id);
    if (found === undefined) throw new Error(`the reservation ${id} is not locked`);
    return found.reservation;
  }

  end({ id, ending, actor }: EndRequest): EndResult {
    const found = this.#locked.get(id);
    if (found === undefined)
      return { state: 'refused', refusal: { code: 'not-found', detail: `there is no reservation ${id}` } };
    const isOverdue = new Date(found.expiresAt) <= this.#now;
    const decision = decideEnding(found.status, isOverdue, ending);
    if (decision.state === 'unchanged') return { state: 'ended', reservation: found.reservation };
    if (decision.state === 'refused') return { state: 'refused', refusal: closed(found.reservation) };
    const reservation = this.#close(found, decision.as, actor);
    return decision.isRefused ? { state: 'refused', refusal: closed(reservation) } : { state: 'ended', reservation };
  }

  #close(found: LockedReservation, status: EndedReservation['status'], actor: string): Reservation {
    const { id, lines } = found.reservation;
    if (status === 'confirmed') this.#book.confirm({ reference: id, actor }, lines);
    else this.#book.release({ reference: id, actor }, lines, status);
    const closedAt = this.#now.toISOString();
    const reservation = { ...found.reservation, status, closedAt };
    this.ended.push({ id, status, closedAt });
    this.#locked.set(id, { ...found, reservation, status });
    return reservation;
  }
}

function closed({ id, status }: Reservation): Refusal {
  return { code: 'reservation-closed', detail: `the reservation ${id} is ${status}` };
}
