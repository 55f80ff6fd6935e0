/** What is known of a SKU's stock. Counts are units of the SKU. */
import type { Alert, AlertEdges } from './alerts.ts';

/** One SKU in one warehouse. */
export interface Level {
  readonly sku: string;
  readonly warehouseId: string;
  /** Of the warehouse; the smallest is asked first. */
  readonly priority: number;
  /** Nothing is promised from a warehouse that is switched off. */
  readonly isActive: boolean;
  readonly onHand: number;
  /** Held for orders that are not paid yet. */
  readonly reserved: number;
  /** Sold and not there yet. */
  readonly backordered: number;
  /** Grows when stock comes or goes, not with reservations. */
  readonly version: number;
}

/** The rules of a SKU, and what was announced about it. */
export interface StockItem extends AlertEdges {
  readonly sku: string;
  /** Most units that may be promised beyond what is there, over all warehouses. */
  readonly backorderCap: number;
  readonly alert: Alert;
}

/** So many units of a SKU. */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

/** So many units from one warehouse. */
export interface Allocation extends OrderLine {
  readonly warehouseId: string;
  /** How many of them were not there when they were promised. */
  readonly backordered: number;
}

export const movementReasons = [
  'reserved',
  'confirmed',
  'released',
  'expired',
  'received',
  'returned',
  'damaged',
  'lost',
  'found',
  'corrected',
  'counted',
] as const;
/** Why a counter changed. */
export type MovementReason = (typeof movementReasons)[number];

/** Reasons that people give; the others belong to reservations, and `counted` to counts. */
export const adjustmentReasons = ['received', 'returned', 'damaged', 'lost', 'found', 'corrected'] as const;
export type AdjustmentReason = (typeof adjustmentReasons)[number];

/** What a change belongs to, and who makes it. */
export interface Cause {
  /** Id of the reservation, or reference of the adjustment. */
  readonly reference: string;
  /** A person's id or a service's name. */
  readonly actor: string;
}

/** One entry of the ledger. */
export interface Movement extends Cause {
  readonly sku: string;
  readonly warehouseId: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly backordered: number;
  readonly reason: MovementReason;
}

/** Units that can be promised from this level now. */
export function freeOf({ isActive, onHand, reserved, backordered }: Level): number {
  return isActive ? Math.max(0, onHand - reserved - backordered) : 0;
}

/** Units that were promised and are not there. */
export function owedOf({ onHand, reserved, backordered }: Level): number {
  return Math.max(0, reserved + backordered - onHand);
}
