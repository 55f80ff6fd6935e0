/** Values that may change while the process runs. */

/** Read `current` each time it is used, and keep nothing that was made of it: see `derive`. */
export interface Live<T> {
  readonly current: T;
}

/** A value that stays: for tests and tools. */
export function fixed<T>(current: T): Live<T> {
  return { current };
}

/** What `make` makes of a live value: made anew when that has changed, and not before it is asked for. */
export function derive<T, U>(source: Live<T>, make: (value: T) => U): Live<U> {
  let made: { readonly from: T; readonly value: U } | undefined;
  return {
    get current() {
      const from = source.current;
      if (made === undefined || made.from !== from) made = { from, value: make(from) };
      return made.value;
    },
  };
}
