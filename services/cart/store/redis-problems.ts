/** What failures of Redis mean to us. */
import { ProblemError } from '#chassis/problem.ts';

/** Errors of a script or a command itself: defects, and not the fault of the moment. */
const defects = /^(ERR(?! .*(cluster|loading))|WRONGTYPE|NOSCRIPT|NOPERM|EXECABORT|CROSSSLOT|user_script)/;

/** Runs an operation; throws `service-unavailable` when Redis cannot be asked, `deadline-exceeded` when it does not answer in time. */
export async function askRedis<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toRedisProblem(error);
  }
}

function toRedisProblem(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ProblemError) return error;
  if (error.name === 'ReplyError' && defects.test(error.message)) return error;
  // The change may have been made: the answer alone is missing.
  const code = error.message === 'Command timed out' ? 'deadline-exceeded' : 'service-unavailable';
  return new ProblemError(code, undefined, { cause: error, retryAfterSeconds: 1 });
}
