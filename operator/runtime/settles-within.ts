import type { Clock } from './clock.ts';

/** Whether the promise settles within so many milliseconds. Rejects when it rejects in that time. */
export async function settlesWithin(promise: Promise<unknown>, withinMs: number, clock: Clock): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>();
  const cancel = clock.after(withinMs, () => timeout.resolve(false));
  try {
    return await Promise.race([promise.then(() => true), timeout.promise]);
  } finally {
    cancel();
  }
}
