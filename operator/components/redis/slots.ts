/** Hash slots: the unit by which Redis Cluster divides keys among primaries. */

/** Number of hash slots of any Redis Cluster; fixed by its protocol. */
export const slotCount = 16_384;

/** Inclusive on both ends, as Redis writes it: `0-5460`. */
export type SlotRange = readonly [first: number, last: number];

/** Ascending slot numbers as the fewest ranges. */
export function toRanges(slots: readonly number[]): readonly SlotRange[] {
  const ranges: [number, number][] = [];
  for (const slot of slots) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === slot - 1) {
      last[1] = slot;
    } else {
      ranges.push([slot, slot]);
    }
  }
  return ranges;
}

/** Every slot number of the ranges, in their order. */
export function listSlots(ranges: readonly SlotRange[]): readonly number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

/** `size` parts of `total`, as even as can be: the first ones get one more. */
export function evenShares(total: number, size: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => Math.floor(total / size) + (index < total % size ? 1 : 0));
}
