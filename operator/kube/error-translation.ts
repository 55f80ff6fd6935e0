import {
  ConflictError,
  type ErrorCause,
  ExpiredError,
  ForbiddenError,
  InvalidError,
  type KubeError,
  type KubeErrorDetails,
  NotFoundError,
  TransientError,
} from './errors.ts';
import { isRecord, listOf, numberOf, parseJson, recordOf, textOf } from './json.ts';

type ErrorClass = new (message: string, details: KubeErrorDetails) => KubeError;

const classes: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([
  [400, InvalidError],
  [403, ForbiddenError],
  [404, NotFoundError],
  [405, InvalidError],
  [406, InvalidError],
  [409, ConflictError],
  [410, ExpiredError],
  [413, InvalidError],
  [415, InvalidError],
  [422, InvalidError],
]);

/** An answer other than 2xx. */
export interface FailedAnswer {
  readonly operation: string;
  readonly status: number;
  /** The body as text: a Status object in JSON, or what a proxy between us and the server wrote. */
  readonly body: string;
  readonly retryAfter?: string | undefined;
}

/** The error of an HTTP answer; every status that is not known to be final is transient. */
export function toAnswerError(answer: FailedAnswer): KubeError {
  const status = recordOf(parseJson(answer.body));
  return build(status, {
    operation: answer.operation,
    code: answer.status,
    fallback: answer.body.slice(0, 200).trim(),
    retryAfterMs: secondsToMs(answer.retryAfter),
  });
}

/** The error of an `ERROR` event in a watch, whose object is a Status. */
export function toStatusError(operation: string, object: unknown): KubeError {
  const status = recordOf(object);
  return build(status, { operation, code: numberOf(status['code']) ?? 500, fallback: '', retryAfterMs: undefined });
}

/** The error of a call that got no answer: refused, reset, timed out or aborted. */
export function toNetworkError(operation: string, cause: unknown): TransientError {
  const code = codeOf(cause);
  const text = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
  return new TransientError(code === undefined || text.includes(code) ? text : `${text} (${code})`, {
    status: 0,
    reason: code ?? 'NetworkError',
    operation,
    cause,
  });
}

interface Parts {
  readonly operation: string;
  readonly code: number;
  readonly fallback: string;
  readonly retryAfterMs: number | undefined;
}

function build(status: Readonly<Record<string, unknown>>, parts: Parts): KubeError {
  const details = recordOf(status['details']);
  const retryAfterMs = parts.retryAfterMs ?? secondsToMs(numberOf(details['retryAfterSeconds']));
  const message = textOf(status['message']) ?? (parts.fallback === '' ? 'no explanation' : parts.fallback);
  const made = isRefusedPatch(parts.code, message) ? InvalidError : (classes.get(parts.code) ?? TransientError);
  return new made(`${message} (HTTP ${parts.code})`, {
    status: parts.code,
    reason: textOf(status['reason']) ?? `HTTP${parts.code}`,
    operation: parts.operation,
    causes: listOf(details['causes']).filter(isRecord).map(toCause),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The server says 500 to an apply with a field that its schema does not know, but repeating it cannot help. */
function isRefusedPatch(code: number, message: string): boolean {
  return code === 500 && message.startsWith('failed to create typed patch object');
}

function toCause(cause: Readonly<Record<string, unknown>>): ErrorCause {
  const field = textOf(cause['field']);
  return {
    ...(field === undefined ? {} : { field }),
    reason: textOf(cause['reason']) ?? '',
    message: textOf(cause['message']) ?? '',
  };
}

/** The API server sends seconds only, never a date. */
function secondsToMs(value: string | number | undefined): number | undefined {
  const seconds = Number(value);
  return value === undefined || value === 0 || !Number.isFinite(seconds) ? undefined : Math.max(seconds, 0) * 1000;
}

function codeOf(cause: unknown): string | undefined {
  if (!isObject(cause)) {
    return undefined;
  }
  return textOf(cause['code']) ?? codeOf(cause['cause']) ?? textOf(cause['name']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
