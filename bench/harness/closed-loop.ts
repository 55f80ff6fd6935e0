/**
 * Runs `operation` over and over in `inFlight` parallel loops until `durationMs` has passed; resolves with the number of
 * operations that ended well. Rejects with the first that did not: a rate of errors is no rate.
 */
export async function closedLoop(
  operation: () => Promise<unknown>,
  options: { readonly inFlight: number; readonly durationMs: number },
): Promise<number> {
  const endAt = performance.now() + options.durationMs;
  return runLoops(operation, options.inFlight, () => performance.now() < endAt);
}

/** Runs `operation` exactly `count` times in `inFlight` parallel loops. */
export function repeat(
  operation: () => Promise<unknown>,
  options: { readonly inFlight: number; readonly count: number },
): Promise<number> {
  let left = options.count;
  return runLoops(operation, options.inFlight, () => {
    left -= 1;
    return left >= 0;
  });
}

async function runLoops(operation: () => Promise<unknown>, inFlight: number, goesOn: () => boolean): Promise<number> {
  let done = 0;
  const loop = async () => {
    while (goesOn()) {
      await operation();
      // After the await: `done += await …` would read the old value before it.
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return done;
}
