/**
 * What the controller reads of an error: `terminal` (retrying cannot help) and `retryAfterMs` (not before). Any error
 * may carry them; an AggregateError is terminal when all of its errors are.
 */
export class TerminalError extends Error {
  readonly terminal = true;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TerminalError';
  }
}

/** Whether repeating cannot help. */
export function isTerminal(error: unknown): boolean {
  if (error instanceof AggregateError) {
    return error.errors.length > 0 && error.errors.every(isTerminal);
  }
  return error instanceof Error && 'terminal' in error && error.terminal === true;
}

/** Longest wait that the error (or one inside an AggregateError) asks for; `undefined` when none does. */
export function retryAfterMsOf(error: unknown): number | undefined {
  if (error instanceof AggregateError) {
    const waits = error.errors.map(retryAfterMsOf).filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Math.max(...waits);
  }
  return error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number'
    ? error.retryAfterMs
    : undefined;
}
