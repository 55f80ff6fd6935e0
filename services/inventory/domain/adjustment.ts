/** Changes of stock by people and other systems. */
import type { AdjustmentReason } from './stock.ts';

/** One level of an adjustment: so many more or fewer, or so many counted. */
export interface AdjustmentLine {
  readonly sku: string;
  readonly warehouseId: string;
  readonly delta?: number | undefined;
  /** Replaces what is there; needs `version`, so that nobody overwrites what they have not seen. */
  readonly counted?: number | undefined;
  /** Version of the level that the caller has seen. */
  readonly version?: number | 'any' | undefined;
}

export interface Adjustment {
  /** The caller's name for it; the same reference again has no effect and the same answer. */
  readonly reference: string;
  readonly reason: AdjustmentReason;
  readonly lines: readonly AdjustmentLine[];
}
