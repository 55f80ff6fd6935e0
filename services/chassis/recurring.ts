/** What a service does by itself, again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import type { Worker } from './service.ts';

export interface RecurringOptions {
  readonly logger: Logger;
  /** Wait before the first run, milliseconds. */
  readonly firstMs?: number;
  /** Wait after a run that failed, milliseconds. */
  readonly retryMs: number;
}

/**
 * Runs `work`, waits as long as it says, and runs it again. Waits are spread by half, so that replicas do not march in step. A
 * failure is told, and the next run makes up for it.
 */
export function createRecurring(
  name: string,
  work: () => Promise<{ readonly nextMs: number }>,
  { logger, firstMs = 0, retryMs }: RecurringOptions,
): Worker {
  const stop = new AbortController();
  const attempt = async (): Promise<number> => {
    try {
      return (await work()).nextMs;
    } catch (err) {
      logger.warn({ err, worker: name }, 'recurring work failed and will be repeated');
      return retryMs;
    }
  };
  const run = async (): Promise<void> => {
    let waitMs = firstMs;
    while (!stop.signal.aborted) {
      await delay(waitMs * (0.5 + Math.random()), undefined, { signal: stop.signal }).catch(() => undefined);
      if (!stop.signal.aborted) waitMs = await attempt();
    }
  };
  let running = Promise.resolve();
  return {
    name,
    start: async () => {
      running = run();
    },
    stop: () => {
      stop.abort();
      return running;
    },
  };
}
