/** A broken rule. `value` is text safe to print, `undefined` where the field is absent or may be secret. */
export interface Violation {
  /** Path of the field, e.g. `spec.redis.shards`. */
  readonly path: string;
  readonly value: string | undefined;
  /** A sentence that names the field, its value and what is allowed: the same as the API server's. */
  readonly message: string;
}

/**
 * The rules of the CRD once more, for objects that slipped past the API server. Takes anything and never throws.
 * `previous` is an earlier version of the same object; without it, `status.effective` serves for the rules on change.
 */
export function validateStack(_object: unknown, _previous?: unknown): readonly Violation[] {
  throw new Error('validateStack is being written');
}
