/** A signal with a limit in time; disposing it ends its timer and its bond to the parent. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Aborts with the parent, or with a `TimeoutError` when the time is up. Unlike `AbortSignal.timeout` it leaves nothing
 * behind: that one's timer lives until it fires, and an operator asks servers many times in that time.
 */
export function deadline(parent: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const end = () => controller.abort(parent.reason);
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no end within ${timeoutMs} ms`, 'TimeoutError'));
  }, timeoutMs);
  if (parent.aborted) {
    end();
  } else {
    parent.addEventListener('abort', end, { once: true });
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      parent.removeEventListener('abort', end);
    },
  };
}
