/** What this service works with. */
import type { Outbox } from '#chassis/outbox/outbox.ts';
import type { Database } from '#chassis/postgres/database.ts';
import type { Strategy } from './domain/allocation.ts';
import type { KeyedGroupCommit } from './grouping/keyed-group-commit.ts';
import type { EndRequest, EndResult } from './use-cases/end-reservations.ts';
import type { ReservationRequest, ReserveResult } from './use-cases/reserve.ts';

/** What changes are written with. */
export interface Writer {
  readonly database: Database;
  readonly outbox: Outbox;
  /** A new identifier. */
  readonly newId: () => string;
}

export interface ReservationLimits {
  /** How long stock is held unless the caller says otherwise. */
  readonly ttlMs: number;
  /** From its creation on a reservation is extended at most so far. */
  readonly longestMs: number;
  readonly strategy: Strategy;
  /** Most reservations that one holder has at once. */
  readonly perCustomer: number;
}

export interface InventoryDeps extends Writer {
  readonly reservations: ReservationLimits;
  /** Callers of one SKU share a transaction. */
  readonly reserving: KeyedGroupCommit<ReservationRequest, ReserveResult>;
  readonly ending: KeyedGroupCommit<EndRequest, EndResult>;
}
