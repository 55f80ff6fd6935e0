/** Elasticsearch answered with an error; the message keeps its own words. */
export class SearchRefusedError extends Error {
  override readonly name = 'SearchRefusedError';
  readonly status: number;
  /** Elasticsearch's word for it, e.g. `index_not_found_exception`. */
  readonly type: string;

  constructor(what: string, { status, type, reason }: { status: number; type: string; reason: string }) {
    super(`elasticsearch refused ${what}: ${status} ${reason}`);
    this.status = status;
    this.type = type;
  }
}

/** No node answered in time. Of a write that is not safe to repeat it is not known whether it was stored. */
export class SearchUnavailableError extends Error {
  override readonly name = 'SearchUnavailableError';

  constructor(what: string, reason: string, cause?: unknown) {
    super(`elasticsearch did not answer ${what}: ${reason}`, { cause });
  }
}
