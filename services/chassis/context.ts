/** What is known of the request that is being served, reachable from everywhere in its asynchronous call tree. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Identity } from '#contracts/identity.ts';

/** One request from its first header to the end of its response. */
export class RequestContext {
  readonly requestId: string;
  readonly traceId: string | undefined;
  /** `performance.now()` when the request came. */
  readonly startedAt: number;
  /** Path template of the route for metrics and logs; `unmatched` until a route is found, so that labels stay few. */
  route = 'unmatched';
  /** Headers that the response will have, whoever writes it. Names in lower case. */
  readonly responseHeaders: Record<string, string> = {};
  /** The verified caller; absent for a guest. */
  identity: Identity | undefined = undefined;
  #deadlineAt = Number.POSITIVE_INFINITY;
  #abort: AbortController | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #cause: Error | undefined = undefined;

  constructor(requestId: string, traceId: string | undefined, startedAt: number) {
    this.requestId = requestId;
    this.traceId = traceId;
    this.startedAt = startedAt;
  }

  /** Milliseconds until the deadline; negative when it has passed, infinite when there is none. */
  remainingMs(): number {
    return this.#deadlineAt - performance.now();
  }

  /** Brings the deadline forward to `ms` from now; a later one than already set is ignored. */
  limitTime(ms: number): void {
    this.#deadlineAt = Math.min(this.#deadlineAt, performance.now() + ms);
  }

  /** Ends the work of this request: the caller has gone, or the time is used up. */
  cancel(cause: Error): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#abort?.abort(cause);
  }

  /** Why the request was cancelled, if it was. */
  get cancelled(): Error | undefined {
    return this.#cause;
  }

  /** Aborted on `cancel` and at the deadline. Made on first use: most requests never need one. */
  get signal(): AbortSignal {
    this.#abort ??= this.#createAbort();
    return this.#abort.signal;
  }

  /** Releases the timer; called once the response has ended. */
  finish(): void {
    clearTimeout(this.#timer);
  }

  #createAbort(): AbortController {
    const abort = new AbortController();
    if (this.#cause !== undefined) abort.abort(this.#cause);
    if (Number.isFinite(this.#deadlineAt)) {
      const expire = (): void =>
        abort.abort(new DOMException('the deadline of the request has passed', 'TimeoutError'));
      this.#timer = setTimeout(expire, Math.max(0, this.remainingMs())).unref();
    }
    return abort;
  }
}

const storage = new AsyncLocalStorage<RequestContext | undefined>();

/** Runs `work` with `context` as the current request. */
export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** The request being served here; absent in background work. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/**
 * Runs `work` as nobody's request: for what must be brought to its end although the caller has gone or the time is used
 * up. The limits of background work apply.
 */
export function runDetached<T>(work: () => T): T {
  return storage.run(undefined, work);
}
