/** Reservations: reading, extending, and locking those that end. */
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Reservation, ReservationStatus } from '../domain/reservation.ts';
import { reservationJson } from './reservation-json.ts';

const read = sql('reservation_read', `select ${reservationJson} as reservation from reservations r where id = $1`);

export async function readReservation(connection: Connection, id: string): Promise<Reservation | undefined> {
  const [row] = await connection.rows<{ readonly reservation: Reservation }>(read, [id]);
  return row?.reservation;
}

const extend = sql(
  'reservation_extend',
  `update reservations r
   set expires_at = greatest(expires_at, least(clock_timestamp() + make_interval(secs => $2), created_at + make_interval(secs => $3)))
   where id = $1 and status = 'active' and expires_at > clock_timestamp()
   returning ${reservationJson} as reservation`,
);

/** From now on for `ttlMs`, never shorter than before and at most `longestMs` from its creation. Nothing when it is over or not there. */
export async function extendReservation(
  connection: Connection,
  id: string,
  { ttlMs, longestMs }: { readonly ttlMs: number; readonly longestMs: number },
): Promise<Reservation | undefined> {
  const values = [id, ttlMs / 1000, longestMs / 1000];
  const [row] = await connection.rows<{ readonly reservation: Reservation }>(extend, values);
  return row?.reservation;
}

/** A reservation whose row is locked. */
export interface LockedReservation {
  readonly reservation: Reservation;
  /** As it is stored, whatever the time. */
  readonly status: ReservationStatus;
  readonly isOverdue: boolean;
  /** When it expires or expired, RFC 3339. */
  readonly expiresAt: string;
}

/** Reservations are locked before stock, always; and by id, so that two groups do not wait for each other. */
const lockById = sql('reservations_lock', lockedText('r.id = any($1) order by r.id for update'));

const overdue = `r.status = 'active' and r.expires_at <= clock_timestamp()`;
/** What another replica has in hand is skipped: it does the same. */
const lockOverdue = sql(
  'reservations_lock_overdue',
  lockedText(`${overdue} order by r.expires_at limit $1 for update skip locked`),
);

/** The overdue ones are few: the index gives them first. */
const findOverdueOfSkus = sql(
  'reservations_find_overdue_of_skus',
  `select r.id from reservations r
   where ${overdue} and exists (select from reservation_lines l where l.reservation_id = r.id and l.sku = any($1))
   order by r.expires_at limit $2`,
);

function lockedText(condition: string): string {
  return `select ${reservationJson} as reservation, r.status, r.expires_at <= clock_timestamp() as "isOverdue",
    ${utc('r.expires_at')} as "expiresAt" from reservations r where ${condition}`;
}

export function lockReservations(
  transaction: Transaction,
  ids: readonly string[],
): Promise<readonly LockedReservation[]> {
  return transaction.rows<LockedReservation>(lockById, [ids]);
}

/** Up to `limit` that nobody else has in hand. */
export function lockOverdueReservations(
  transaction: Transaction,
  limit: number,
): Promise<readonly LockedReservation[]> {
  return transaction.rows<LockedReservation>(lockOverdue, [limit]);
}

/** Ids of overdue ones that hold one of the SKUs, also of those that somebody is just ending. */
export async function findOverdueReservationsOf(
  transaction: Transaction,
  skus: readonly string[],
  limit: number,
): Promise<readonly string[]> {
  const rows = await transaction.rows<{ readonly id: string }>(findOverdueOfSkus, [skus, limit]);
  return rows.map(({ id }) => id);
}
