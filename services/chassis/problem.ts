/** Errors that a client may see (RFC 9457); `http/send.ts` puts them on the wire. */
import {
  type ProblemCode,
  type ProblemDocument,
  type ProblemEntry,
  problemTypes,
  problemTypeUrl,
  type Refusal,
} from '#contracts/problems.ts';

export interface ProblemOptions {
  readonly cause?: unknown;
  readonly errors?: readonly ProblemEntry[];
  /** Extra response headers, e.g. `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAfterSeconds?: number;
}

/** Thrown anywhere below the HTTP layer to answer with a problem of the catalogue. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly status: number;
  /** About this occurrence; it is shown to the client. */
  readonly detail: string | undefined;
  readonly errors: readonly ProblemEntry[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail?: string, options: ProblemOptions = {}) {
    super(detail ?? problemTypes[code].title, { cause: options.cause });
    this.code = code;
    this.status = problemTypes[code].status;
    this.detail = detail;
    this.errors = options.errors;
    const retryAfter = options.retryAfterSeconds;
    this.headers =
      retryAfter === undefined ? (options.headers ?? {}) : { ...options.headers, 'retry-after': String(retryAfter) };
  }
}

/** The problem that answers a domain refusal. */
export function refused(refusal: Refusal): ProblemError {
  return new ProblemError(refusal.code, refusal.detail, refusal.errors === undefined ? {} : { errors: refusal.errors });
}

/** Any thrown value as a problem; what is not one already is a defect and shows nothing of its cause. */
export function toProblem(error: unknown): ProblemError {
  return error instanceof ProblemError ? error : new ProblemError('internal-error', undefined, { cause: error });
}

/** The response body of a problem. */
export function toProblemDocument(problem: ProblemError, requestId: string): ProblemDocument {
  return {
    type: problemTypeUrl(problem.code),
    title: problemTypes[problem.code].title,
    status: problem.status,
    code: problem.code,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    instance: `urn:request:${requestId}`,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  };
}
