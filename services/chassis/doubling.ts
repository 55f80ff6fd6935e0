/** A wait that doubles with each failure, milliseconds. */
export interface Doubling {
  readonly first: number;
  /** The longest. */
  readonly last: number;
}

/** The wait after so many failures in a row, the first being 1. */
export function doublingMs({ first, last }: Doubling, failures: number): number {
  return Math.min(last, first * 2 ** (failures - 1));
}
