/** Even a failed pass is followed by another one this soon at the earliest, milliseconds. */
const leastRequeueMs = 2000;

/**
 * What failed in a pass, after everything that could be done was done. It carries when the components that did not fail
 * want to be looked at again: one broken part must not make the others wait for its backoff.
 */
export class PassError extends AggregateError {
  readonly requeueAfterMs: number;

  constructor(errors: readonly unknown[], requeueAfterMs: number) {
    super(errors, errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; '));
    this.name = 'PassError';
    this.requeueAfterMs = Math.max(requeueAfterMs, leastRequeueMs);
  }
}
