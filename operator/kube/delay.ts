import { setTimeout as wait } from 'node:timers/promises';

/** Waits; returns early (without rejecting) when `signal` aborts. */
export async function delay(delayMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Only an abort ends up here; the caller looks at its signal.
  }
}
