/** When low stock, the end of it and its return are announced: at edges, which lie apart so that nothing flaps. */

/** What was announced last. */
export type Alert = 'ok' | 'low' | 'out';

/** Counts of available units. */
export interface AlertEdges {
  /** At so many or fewer the stock is low. */
  readonly lowStockAt: number;
  /** From so many on it is not low any more; more than `lowStockAt`. */
  readonly recoveredAt: number;
  /** From so many on a SKU that was out is back: one returned unit need not wake those who wait for it. */
  readonly backInStockAt: number;
}

export type AlertEdge = 'low' | 'out' | 'back';

/** What holds with so many available units, after `alert`. */
export function nextAlert(alert: Alert, available: number, edges: AlertEdges): Alert {
  if (available <= 0) return 'out';
  if (alert === 'out' && available < edges.backInStockAt) return 'out';
  // Who is low stays so until it has recovered; all others by the lower edge.
  const lowUntil = alert === 'low' ? edges.recoveredAt - 1 : edges.lowStockAt;
  return available <= lowUntil ? 'low' : 'ok';
}

/** What is announced when one follows the other; nothing for a recovery. */
export function edgeBetween(before: Alert, after: Alert): AlertEdge | undefined {
  if (before === after) return undefined;
  if (after === 'out') return 'out';
  if (before === 'out') return 'back';
  return after === 'low' ? 'low' : undefined;
}
