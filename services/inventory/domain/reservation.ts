/** The life of a reservation: active, then exactly one end. */
import type { Strategy } from './allocation.ts';
import type { Allocation } from './stock.ts';

export const reservationStatuses = ['active', 'confirmed', 'released', 'expired'] as const;
export type ReservationStatus = (typeof reservationStatuses)[number];
export type ReservationEnd = Exclude<ReservationStatus, 'active'>;

export interface Reservation {
  readonly id: string;
  readonly orderId: string;
  /** For whom, where that was said: a customer, or a guest's cart. */
  readonly holderId: string | null;
  readonly status: ReservationStatus;
  readonly strategy: Strategy;
  /** From then on it counts as expired, whether or not somebody has noted it yet. RFC 3339. */
  readonly expiresAt: string;
  readonly createdAt: string;
  readonly closedAt: string | null;
  readonly lines: readonly Allocation[];
}

/** `expire` is for those that are overdue. */
export type Ending = 'confirm' | 'release' | 'expire';

export type EndingDecision =
  /** It ends now. `isRefused`: and not as the caller wants it. */
  | { readonly state: 'ends'; readonly as: ReservationEnd; readonly isRefused: boolean }
  /** It ended before, as the caller wants it. */
  | { readonly state: 'unchanged' }
  | { readonly state: 'refused' };

const wantedEnd = { confirm: 'confirmed', release: 'released', expire: 'expired' } as const;

/** Time is up before anything else: what is overdue expires, whoever comes first. */
export function decideEnding(status: ReservationStatus, isOverdue: boolean, ending: Ending): EndingDecision {
  if (status !== 'active') return decideAgain(status, ending);
  if (isOverdue) return { state: 'ends', as: 'expired', isRefused: ending === 'confirm' };
  // Somebody extended it between the look and the lock.
  if (ending === 'expire') return { state: 'refused' };
  return { state: 'ends', as: wantedEnd[ending], isRefused: false };
}

/** What is free again counts as released, however it came to be. */
function decideAgain(status: ReservationEnd, ending: Ending): EndingDecision {
  const isWanted = status === wantedEnd[ending] || (status === 'expired' && ending === 'release');
  return { state: isWanted ? 'unchanged' : 'refused' };
}
