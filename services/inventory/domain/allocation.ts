/** Which warehouses an order is served from. All of it or nothing. */
import type { Allocation, OrderLine } from './stock.ts';

export const strategies = ['priority', 'most-stock', 'single-shipment'] as const;
/**
 * `priority`: the warehouses in their order. `most-stock`: where most of the SKU lies, so that warehouses empty evenly.
 * `single-shipment`: one warehouse for the whole order where there is one; otherwise as `priority`.
 */
export type Strategy = (typeof strategies)[number];

/** What one warehouse can give of a SKU. */
export interface Shelf {
  readonly warehouseId: string;
  readonly priority: number;
  readonly free: number;
}

export interface SkuSupply {
  readonly shelves: readonly Shelf[];
  /** Units that may be promised beyond what is there. */
  readonly backorderRoom: number;
}

/** A line that cannot be served. */
export interface Shortage extends OrderLine {
  /** How many could be. */
  readonly available: number;
}

export type AllocationResult =
  | { readonly state: 'allocated'; readonly allocations: readonly Allocation[] }
  | { readonly state: 'short'; readonly shortages: readonly Shortage[] };

/** Serves every line or none. Each SKU is in one line only. */
export function allocate(
  lines: readonly OrderLine[],
  supplyOf: (sku: string) => SkuSupply,
  strategy: Strategy,
): AllocationResult {
  const supplies = lines.map((line) => ({ line, supply: supplyOf(line.sku) }));
  const shortages = supplies.flatMap(({ line, supply }) => {
    const available = totalOf(supply);
    return available < line.quantity ? [{ ...line, available }] : [];
  });
  if (shortages.length > 0) return { state: 'short', shortages };
  const only = strategy === 'single-shipment' ? findOnlyWarehouse(supplies) : undefined;
  const allocations = supplies.flatMap(({ line, supply }) => {
    if (only !== undefined) return [{ ...line, warehouseId: only, backordered: 0 }];
    return split(line, supply, strategy === 'most-stock' ? byStock : byPriority);
  });
  return { state: 'allocated', allocations };
}

function totalOf({ shelves, backorderRoom }: SkuSupply): number {
  // What is not there can only be promised by a warehouse.
  if (shelves.length === 0) return 0;
  return shelves.reduce((sum, { free }) => sum + free, backorderRoom);
}

interface Wanted {
  readonly line: OrderLine;
  readonly supply: SkuSupply;
}

/** The first by priority that has enough of everything on its shelves. */
function findOnlyWarehouse(wanted: readonly Wanted[]): string | undefined {
  const [first, ...others] = wanted;
  if (first === undefined) return undefined;
  const candidates = first.supply.shelves.toSorted(byPriority);
  return candidates.find((shelf) => shelf.free >= first.line.quantity && others.every((other) => has(other, shelf)))
    ?.warehouseId;
}

function has({ line, supply }: Wanted, { warehouseId }: Shelf): boolean {
  return supply.shelves.some((shelf) => shelf.warehouseId === warehouseId && shelf.free >= line.quantity);
}

/** Takes from the shelves in the order; what is not there is promised by the warehouse of the highest priority. */
function split(
  { sku, quantity }: OrderLine,
  { shelves }: SkuSupply,
  order: (left: Shelf, right: Shelf) => number,
): readonly Allocation[] {
  const taken = new Map<string, { quantity: number; backordered: number }>();
  let left = quantity;
  for (const { warehouseId, free } of shelves.toSorted(order)) {
    const part = Math.min(left, free);
    if (part > 0) taken.set(warehouseId, { quantity: part, backordered: 0 });
    left -= part;
  }
  const [promiser] = shelves.toSorted(byPriority);
  if (left > 0 && promiser !== undefined) {
    const before = taken.get(promiser.warehouseId)?.quantity ?? 0;
    taken.set(promiser.warehouseId, { quantity: before + left, backordered: left });
  }
  return [...taken].map(([warehouseId, part]) => ({ sku, warehouseId, ...part }));
}

function byPriority(left: Shelf, right: Shelf): number {
  return left.priority - right.priority || (left.warehouseId < right.warehouseId ? -1 : 1);
}

function byStock(left: Shelf, right: Shelf): number {
  return right.free - left.free || byPriority(left, right);
}
