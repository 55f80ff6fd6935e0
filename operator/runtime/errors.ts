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
export declare function isTerminal(error: unknown): boolean;

/** Longest wait that the error (or one inside an AggregateError) asks for; `undefined` when none does. */
export declare function retryAfterMsOf(error: unknown): number | undefined;
