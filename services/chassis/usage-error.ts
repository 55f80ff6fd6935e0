/** The command line is wrong; the message says what is allowed. The process ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
