/** What customers are told about stock: a word, never a count. */
import type { Availability } from '#contracts/availability.ts';

export interface Supply {
  /** Units that can be promised and are there. */
  readonly available: number;
  /** Units that can be promised beyond that. */
  readonly backorderRoom: number;
  readonly lowStockAt: number;
}

export function availabilityOf({ available, backorderRoom, lowStockAt }: Supply): Availability {
  if (available > 0) return available <= lowStockAt ? 'low-stock' : 'in-stock';
  return backorderRoom > 0 ? 'backorder' : 'out-of-stock';
}

/** Units that a customer can have now, there or not. */
export function availableToPromise({ available, backorderRoom }: Supply): number {
  return available + backorderRoom;
}
