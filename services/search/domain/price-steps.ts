/** Widths of the bars of a price histogram that people read easily. */

/** The most bars that a histogram has. */
const bars = 12;

/** The smallest of 1, 2, 5, 10, 20, 50 … with which amounts from `min` to `max` need at most 12 bars and the one begun before them. */
export function priceStep(min: number, max: number): number {
  const wanted = Math.max(1, (max - min) / bars);
  const magnitude = 10 ** Math.floor(Math.log10(wanted));
  const factor = [1, 2, 5].find((one) => one * magnitude >= wanted) ?? 10;
  return factor * magnitude;
}
