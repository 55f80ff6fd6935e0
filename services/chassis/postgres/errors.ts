/** What PostgreSQL's errors mean to us. */
import type { Refusal } from '#contracts/problems.ts';
import { ProblemError } from '../problem.ts';

/** SQLSTATE of the statement timeout and of a cancelled query. */
const cancelled = '57014';
/** Classes and states in which the server is there but cannot serve us now (PostgreSQL, appendix A). */
const unavailableStates = new Set(['57P01', '57P02', '57P03', '53300', '25006', '28000', '28P01', '3D000']);
/** Of the socket and of name resolution. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** Of SQLSTATE 55000, which is a defect otherwise (`currval` before `nextval`): the database is closed for now, or a standby cannot do it. */
const closedState = '55000';
const closedMessages =
  /is not currently accepting connections|cannot connect to invalid database|recovery is in progress/;
/** pg and pg-pool give these no code. */
const connectionMessages =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error/;
/** A transaction that lost against another one; running it again is right. */
const retryStates = new Set(['40001', '40P01']);

/** SQLSTATE or socket error code, if the value has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True when the connection must not be used again: it is gone, or its server is no longer the primary. */
export function isBrokenConnection(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && (networkCodes.has(code) || unavailableStates.has(code) || code.startsWith('08')))
    return true;
  if (!(error instanceof Error)) return false;
  return code === closedState ? closedMessages.test(error.message) : connectionMessages.test(error.message);
}

/** True for a lost race that a repetition of the whole transaction resolves. */
export function isRetryable(error: unknown): boolean {
  return retryStates.has(codeOf(error) ?? '');
}

/** Whether a translated error is no fault of the statement: there was no connection, or a race was lost. One that takes too long may be its fault. */
export function isTransient(error: unknown): boolean {
  return isRetryable(error) || (error instanceof ProblemError && error.code === 'service-unavailable');
}

/** Infrastructure failures as problems; everything else (constraints, defects) as it is. */
export function translate(error: unknown): unknown {
  if (error instanceof ProblemError) return error;
  if (codeOf(error) === cancelled)
    return new ProblemError('deadline-exceeded', undefined, { cause: error, retryAfterSeconds: 1 });
  if (isBrokenConnection(error))
    return new ProblemError('service-unavailable', undefined, { cause: error, retryAfterSeconds: 1 });
  return error;
}

/**
 * The refusal that a violated constraint stands for. Constraints are named `table__rule`; a violation that `refusals` does
 * not list is a defect and is thrown again.
 */
export function refusalOf(error: unknown, refusals: Readonly<Record<string, () => Refusal>>): Refusal {
  if (typeof error === 'object' && error !== null && 'constraint' in error && typeof error.constraint === 'string') {
    const refusal = refusals[error.constraint];
    if (refusal !== undefined) return refusal();
  }
  throw error;
}
