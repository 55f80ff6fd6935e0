/** Errors of the API server, translated: the layers above see these and nothing of the HTTP client. */

export interface KubeErrorDetails {
  /** HTTP status, 0 when no answer came. */
  readonly status: number;
  /** `reason` of the server's Status, e.g. `AlreadyExists`, or the code of the network error. */
  readonly reason: string;
  /** What was asked, e.g. `apply apps/v1/Deployment shop/shop-gateway`. */
  readonly operation: string;
  readonly causes?: readonly ErrorCause[];
  /** What the server asked us to wait before the next attempt. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** One broken rule of a refused object. */
export interface ErrorCause {
  /** Path of the field, e.g. `spec.replicas`; absent when the server named none. */
  readonly field?: string;
  readonly reason: string;
  readonly message: string;
}

/** Base of all errors of this layer. The message keeps the server's sentence. */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly operation: string;
  readonly causes: readonly ErrorCause[];
  /** `undefined`: no opinion, use the ordinary backoff. */
  readonly retryAfterMs: number | undefined;
  /** `true`: repeating the same request cannot help. */
  readonly terminal: boolean = false;

  constructor(message: string, details: KubeErrorDetails) {
    super(`${details.operation}: ${message}`, { cause: details.cause });
    this.name = new.target.name;
    this.status = details.status;
    this.reason = details.reason;
    this.operation = details.operation;
    this.causes = details.causes ?? [];
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** 409: somebody else was faster (`Conflict`), or the name is taken (`AlreadyExists`). Read again and repeat. */
export class ConflictError extends KubeError {}

/** 404: the object, its namespace or its kind does not exist. */
export class NotFoundError extends KubeError {}

/** 403: a missing permission, an exhausted quota or a namespace that is being deleted; the message says which. */
export class ForbiddenError extends KubeError {}

/** 400, 405, 406, 413, 415, 422: the object or the request itself is wrong. Only a change of input can help. */
export class InvalidError extends KubeError {
  override readonly terminal = true;
}

/** 410: the resourceVersion or continue token is too old; list again. */
export class ExpiredError extends KubeError {}

/** Network fault, timeout, 401, 429, 5xx: the same request may succeed later. */
export class TransientError extends KubeError {}
