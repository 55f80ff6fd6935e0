import { setTimeout as wait } from 'node:timers/promises';

/** Resolves when the condition holds; rejects after 5 s with what was waited for. Looks every 5 ms. */
export async function until(what: string, condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    }
    await wait(5);
  }
}
