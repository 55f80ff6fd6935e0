/** The middle value; the mean of the two middle ones when their number is even. Rejects an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The value below which the share `at` (0 to 1) of the values lies, interpolated between neighbours. Rejects an empty
 * list: a figure that was not measured must not look like one.
 */
export function quantile(values: readonly number[], at: number): number {
  if (values.length === 0) {
    throw new RangeError('quantile of no values: nothing was measured');
  }
  const sorted = values.toSorted((a, b) => a - b);
  const position = at * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** What came of dividing one variant by another, pair by pair. */
export interface RatioSummary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly pairs: number;
}

/** Divides each value by its partner of the same round: what slowed a whole round down cancels out. */
export function pairRatios(values: readonly number[], partners: readonly number[]): RatioSummary {
  if (values.length !== partners.length) {
    throw new RangeError(`pairRatios: ${values.length} values and ${partners.length} partners do not make pairs`);
  }
  const ratios = values.map((value, index) => value / (partners[index] ?? Number.NaN));
  return {
    median: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    pairs: ratios.length,
  };
}
