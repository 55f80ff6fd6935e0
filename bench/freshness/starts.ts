/** Multiples of it, taken modulo 1, are spread more evenly than those of any other number: 1 less the golden ratio. */
const evenStep = (3 - Math.sqrt(5)) / 2;

/**
 * When to begin, in milliseconds from now, for as long as `durationMs`: five times in each interval of something that happens every
 * `intervalMs`, and over the intervals at all its moments alike. So do every other one and those between them.
 */
export function startsOf(durationMs: number, intervalMs: number): readonly number[] {
  const gapMs = (intervalMs * evenStep) / 2;
  return Array.from({ length: Math.ceil(durationMs / gapMs) }, (_, index) => index * gapMs);
}
