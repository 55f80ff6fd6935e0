/** The events that tell of changed stock. */
import { type NewEvent, newEvent } from '#chassis/events/cloud-event.ts';
import {
  backInStock,
  reservationExpired,
  type StockState,
  stockChanged,
  stockLow,
  stockOut,
} from '#contracts/events/inventory.ts';
import type { Reservation } from '../domain/reservation.ts';
import type { ChangedItem } from '../domain/stock-book.ts';

/** One `stock-changed` for each SKU, then the edge that it crossed. */
export function stockEvents(items: readonly ChangedItem[], versions: ReadonlyMap<string, number>): readonly NewEvent[] {
  return items.flatMap((item) => {
    const { sku, onHand, reserved, backordered, available, availability } = item;
    const version = versions.get(sku);
    if (version === undefined) throw new Error(`the change of ${sku} was not stored`);
    const stock: StockState = { sku, onHand, reserved, backordered, available, availability, version };
    return [newEvent(stockChanged, { stock }), ...edgeEvents(item, stock)];
  });
}

function edgeEvents({ edge, lowStockAt }: ChangedItem, stock: StockState): readonly NewEvent[] {
  if (edge === 'low') return [newEvent(stockLow, { stock, lowStockAt })];
  if (edge === 'out') return [newEvent(stockOut, { stock })];
  return edge === 'back' ? [newEvent(backInStock, { stock })] : [];
}

/** One for each SKU that was held. */
export function expiredEvents({ id, orderId, lines }: Reservation, expiredAt: string): readonly NewEvent[] {
  const bySku = new Map<string, number>();
  for (const { sku, quantity } of lines) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity);
  return [...bySku].map(([sku, quantity]) =>
    newEvent(reservationExpired, { sku, quantity, reservationId: id, orderId, expiredAt }),
  );
}
