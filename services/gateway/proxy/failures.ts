/** What went wrong on the way to a service, and what the caller is told. */
import { errors } from '#chassis/http/undici.ts';
import { ProblemError } from '#chassis/problem.ts';

/**
 * How the service did. `shared`: it was not asked, because another guest just had the same answer; `cancelled`: the caller left
 * first; `refused`: the request was not sent, or broke off, because of what it is, or because the service is left alone for a moment.
 */
export type ProxyOutcome = 'answered' | 'shared' | 'unreachable' | 'failed' | 'timeout' | 'cancelled' | 'refused';

/** The caller closed its connection. */
export class CallerGoneError extends Error {
  override readonly name = 'CallerGoneError';
}

/** Of the socket, before anything was sent. */
const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function classify(error: Error): readonly [ProxyOutcome, ProblemError] {
  if (error instanceof ProblemError) return ['refused', error];
  if (error instanceof CallerGoneError) return ['cancelled', new ProblemError('bad-gateway')];
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return ['timeout', new ProblemError('upstream-timeout', undefined, { cause: error })];
  }
  const options = { cause: error, retryAfterSeconds: 1 };
  if (unreachableCodes.has(codeOf(error)))
    return ['unreachable', new ProblemError('upstream-unavailable', undefined, options)];
  return ['failed', new ProblemError('bad-gateway', undefined, { cause: error })];
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
