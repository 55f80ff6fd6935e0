/**
 * What the controller reads of an error: `terminal` (retrying cannot help), `retryAfterMs` (not before) and
 * `requeueAfterMs` (the key wants to be looked at again then anyway, for what did not fail). Any error
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

/** When the key wants to be looked at again whatever the error was; `undefined` when the error does not say. */
export function requeueAfterMsOf(error: unknown): number | undefined {
  return error instanceof Error && 'requeueAfterMs' in error && typeof error.requeueAfterMs === 'number'
    ? error.requeueAfterMs
    : undefined;
}
