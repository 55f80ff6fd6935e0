/** Waiting for something to do, without missing the call that comes while one is busy. */

export class Wake {
  #isCalled = false;
  #resolve: (() => void) | undefined;

  /** Ends the wait that runs, or else the next one. */
  call(): void {
    this.#isCalled = true;
    this.#resolve?.();
  }

  /** Resolves after a call, after `ms`, or when the signal is aborted. One waits at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resolve = resolve;
    if (this.#isCalled || signal.aborted) resolve();
    const timer = setTimeout(resolve, ms);
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort);
    await promise;
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
    this.#resolve = undefined;
    this.#isCalled = false;
  }
}
