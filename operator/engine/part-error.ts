import type { ComponentReason, Reason } from '../api/v1beta1/conditions.ts';

/**
 * A fault of one part that repeating cannot cure and that a person must decide: the part fails with this reason, the
 * stack is `Stalled`, and nothing is touched. The message ends with what to do.
 */
export class PartError extends Error {
  readonly terminal = true;
  readonly reason: Reason | ComponentReason;

  constructor(reason: Reason | ComponentReason, message: string) {
    super(message);
    this.name = 'PartError';
    this.reason = reason;
  }
}

/** The first one among what was thrown, also inside an `AggregateError`. */
export function findPartError(error: unknown): PartError | undefined {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.find((one): one is PartError => one instanceof PartError);
}
