import { setTimeout as wait } from 'node:timers/promises';

/** Waits, without keeping the process alive; returns early (without rejecting) when `signal` aborts. */
export async function delay(delayMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(delayMs, undefined, signal === undefined ? { ref: false } : { ref: false, signal });
  } catch {
    // Only an abort ends up here; the caller looks at its signal.
  }
}
