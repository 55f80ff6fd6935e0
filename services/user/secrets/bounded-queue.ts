/** Runs a few jobs at once and lets a few more wait; what is beyond is refused at once. */

export interface BoundedQueue {
  /** The job's result; throws what `refuse` gives when too many wait already. */
  run<T>(job: () => Promise<T>): Promise<T>;
  readonly counts: () => { readonly running: number; readonly waiting: number };
}

export interface QueueLimits {
  readonly concurrency: number;
  readonly waiting: number;
  /** The error of a job that is not taken on. */
  readonly refuse: () => Error;
}

export function createBoundedQueue(limits: QueueLimits): BoundedQueue {
  let running = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (running < limits.concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= limits.waiting) throw limits.refuse();
    // Whoever leaves passes its place on, so `running` stays as it is.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    run: async (job) => {
      await enter();
      try {
        return await job();
      } finally {
        leave();
      }
    },
    counts: () => ({ running, waiting: waiting.length }),
  };
}
