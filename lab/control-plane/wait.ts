import { setTimeout as delay } from 'node:timers/promises';

const defaultIntervalMs = 50;

/** How long and how often {@link waitFor} looks. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  /** Asked when the time is over; its answer ends the error's message. Its first line should say most. */
  readonly explain?: () => Promise<string> | string;
}

/**
 * Looks at a condition until it gives a value other than undefined and false, and resolves with it.
 * Rejects when the time is over, with what was waited for and the last error of the condition as cause.
 */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const outcome = await look(condition);
    if (outcome.value !== undefined && outcome.value !== false) {
      return outcome.value;
    }
    if (performance.now() >= deadline) {
      throw new Error(await describeTimeout(what, options), { cause: outcome.error });
    }
    await delay(options.intervalMs ?? defaultIntervalMs);
  }
}

async function describeTimeout(what: string, { timeoutMs, explain }: WaitOptions): Promise<string> {
  const explanation = (await explain?.()) ?? '';
  return `${what}: not within ${timeoutMs / 1000} s${explanation === '' ? '' : `: ${explanation}`}`;
}

interface Outcome<T> {
  readonly value?: T | undefined | false;
  readonly error?: unknown;
}

async function look<T>(condition: () => Promise<T | undefined | false>): Promise<Outcome<T>> {
  try {
    return { value: await condition() };
  } catch (error) {
    if (error instanceof FatalWaitError) {
      throw error;
    }
    return { error };
  }
}

/** Thrown by a condition that can no longer become true: ends the wait at once. */
export class FatalWaitError extends Error {
  override readonly name = 'FatalWaitError';
}
