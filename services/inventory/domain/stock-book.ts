/** The locked stock of some SKUs while a transaction decides about it: each decision sees those before it. */

import type { Availability } from '#contracts/availability.ts';
import { type AlertEdge, edgeBetween, nextAlert } from './alerts.ts';
import { type AllocationResult, allocate, type SkuSupply, type Strategy } from './allocation.ts';
import { availabilityOf } from './availability.ts';
import {
  type Allocation,
  type Cause,
  freeOf,
  type Level,
  type Movement,
  type MovementReason,
  type OrderLine,
  owedOf,
  type StockItem,
} from './stock.ts';

/** A SKU over all warehouses. */
export interface StockTotals {
  readonly sku: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly backordered: number;
  /** Units that can be promised and are there. */
  readonly available: number;
  readonly availability: Availability;
}

/** A SKU whose counters changed. */
export interface ChangedItem extends StockTotals {
  readonly alert: StockItem['alert'];
  /** What is to be announced, if anything. */
  readonly edge: AlertEdge | undefined;
  readonly lowStockAt: number;
}

/** What a transaction has to store. */
export interface StockChanges {
  readonly movements: readonly Movement[];
  readonly items: readonly ChangedItem[];
}

export type AdjustmentResult =
  | { readonly state: 'adjusted' }
  /** `promised`: units are held or sold that would be missing then. */
  | { readonly state: 'refused'; readonly reason: 'unknown-level' | 'not-there' | 'promised' | 'too-many' };

interface Counters {
  readonly onHand: number;
  readonly reserved: number;
  readonly backordered: number;
}

/** As the constraint of the table. */
const maximumOnHand = 1_000_000_000;

export class StockBook {
  readonly #items: ReadonlyMap<string, StockItem>;
  readonly #levels = new Map<string, Map<string, Level>>();
  readonly #movements: Movement[] = [];
  readonly #touched = new Set<string>();

  constructor(items: readonly StockItem[], levels: readonly Level[]) {
    this.#items = new Map(items.map((item) => [item.sku, item]));
    for (const level of levels) this.#shelvesOf(level.sku).set(level.warehouseId, level);
  }

  /** Holds all lines or none. */
  reserve(cause: Cause, lines: readonly OrderLine[], strategy: Strategy): AllocationResult {
    const result = allocate(lines, (sku) => this.supplyOf(sku), strategy);
    if (result.state === 'allocated') {
      for (const allocation of result.allocations)
        this.#move(
          allocation,
          { onHand: 0, reserved: allocation.quantity, backordered: 0 },
          { ...cause, reason: 'reserved' },
        );
    }
    return result;
  }

  /** What was held is sold; what is not there of it is owed. */
  confirm(cause: Cause, allocations: readonly Allocation[]): void {
    for (const allocation of allocations) {
      const { quantity } = allocation;
      const there = Math.min(quantity, this.level(allocation)?.onHand ?? 0);
      const delta = { onHand: -there, reserved: -quantity, backordered: quantity - there };
      this.#move(allocation, delta, { ...cause, reason: 'confirmed' });
    }
  }

  /** What was held is free again. */
  release(cause: Cause, allocations: readonly Allocation[], reason: 'released' | 'expired'): void {
    for (const allocation of allocations)
      this.#move(allocation, { onHand: 0, reserved: -allocation.quantity, backordered: 0 }, { ...cause, reason });
  }

  /** Stock comes or goes. What comes is owed first to those who have bought it already. */
  adjust(
    place: { readonly sku: string; readonly warehouseId: string; readonly delta: number },
    cause: Cause & { readonly reason: MovementReason },
  ): AdjustmentResult {
    const level = this.level(place);
    if (level === undefined) return { state: 'refused', reason: 'unknown-level' };
    const filled = Math.max(0, Math.min(place.delta, level.backordered));
    const onHand = level.onHand + place.delta - filled;
    if (onHand < 0) return { state: 'refused', reason: 'not-there' };
    if (onHand > maximumOnHand) return { state: 'refused', reason: 'too-many' };
    if (place.delta < 0 && this.#wouldOwe(level, onHand)) return { state: 'refused', reason: 'promised' };
    this.#move(place, { onHand: place.delta - filled, reserved: 0, backordered: -filled }, cause);
    return { state: 'adjusted' };
  }

  /** The level as it is by now. */
  level({ sku, warehouseId }: { readonly sku: string; readonly warehouseId: string }): Level | undefined {
    return this.#levels.get(sku)?.get(warehouseId);
  }

  /** What can be promised of a SKU; nothing of one that is not known. */
  supplyOf(sku: string): SkuSupply {
    const levels = this.#levelsOf(sku).filter(({ isActive }) => isActive);
    const shelves = levels.map((level) => ({
      warehouseId: level.warehouseId,
      priority: level.priority,
      free: freeOf(level),
    }));
    return { shelves, backorderRoom: Math.max(0, this.#capOf(sku) - this.#owed(sku)) };
  }

  /** All that was decided so far. */
  changes(): StockChanges {
    return { movements: this.#movements, items: [...this.#touched].toSorted(byText).map((sku) => this.#changed(sku)) };
  }

  #changed(sku: string): ChangedItem {
    const item = this.#items.get(sku);
    if (item === undefined) throw new Error(`${sku} has levels and no item`);
    const totals = this.#totals(sku, item.lowStockAt);
    const alert = nextAlert(item.alert, totals.available, item);
    return { ...totals, alert, edge: edgeBetween(item.alert, alert), lowStockAt: item.lowStockAt };
  }

  #totals(sku: string, lowStockAt: number): StockTotals {
    const levels = this.#levelsOf(sku);
    const sum = (of: (level: Level) => number) => levels.reduce((total, level) => total + of(level), 0);
    const available = sum(freeOf);
    const { backorderRoom } = this.supplyOf(sku);
    return {
      sku,
      onHand: sum(({ onHand }) => onHand),
      reserved: sum(({ reserved }) => reserved),
      backordered: sum(({ backordered }) => backordered),
      available,
      availability: availabilityOf({ available, backorderRoom, lowStockAt }),
    };
  }

  /** More than may be owed, and more than is owed already. */
  #wouldOwe(level: Level, onHand: number): boolean {
    const before = this.#owed(level.sku);
    const after = before - owedOf(level) + owedOf({ ...level, onHand });
    return after > before && after > this.#capOf(level.sku);
  }

  #owed(sku: string): number {
    return this.#levelsOf(sku).reduce((sum, level) => sum + owedOf(level), 0);
  }

  #capOf(sku: string): number {
    return this.#items.get(sku)?.backorderCap ?? 0;
  }

  #move(
    { sku, warehouseId }: { readonly sku: string; readonly warehouseId: string },
    delta: Counters,
    cause: Cause & { readonly reason: MovementReason },
  ): void {
    const level = this.level({ sku, warehouseId });
    if (level === undefined) throw new Error(`there is no level of ${sku} in ${warehouseId}`);
    const isCounted = delta.onHand !== 0 || delta.backordered !== 0;
    this.#shelvesOf(sku).set(warehouseId, {
      ...level,
      onHand: level.onHand + delta.onHand,
      reserved: level.reserved + delta.reserved,
      backordered: level.backordered + delta.backordered,
      version: level.version + (isCounted ? 1 : 0),
    });
    this.#movements.push({ sku, warehouseId, ...delta, ...cause });
    this.#touched.add(sku);
  }

  #levelsOf(sku: string): readonly Level[] {
    return [...(this.#levels.get(sku)?.values() ?? [])];
  }

  #shelvesOf(sku: string): Map<string, Level> {
    const known = this.#levels.get(sku) ?? new Map<string, Level>();
    this.#levels.set(sku, known);
    return known;
  }
}

function byText(left: string, right: string): number {
  return left < right ? -1 : 1;
}
