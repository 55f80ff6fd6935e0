/** Decides whether a request may run now, waits for a moment, or is refused, so that a flood slows nothing down that has begun. */
import { ProblemError } from '../problem.ts';
import { type Criticality, criticalities } from './criticality.ts';

export interface AdmissionRules {
  /** Requests that run at the same time. */
  readonly concurrency: number;
  /** Longest wait for a turn, milliseconds: a service that is slower than this is not made faster by more work. */
  readonly maxWaitMs: number;
}

export type ShedReason = 'full' | 'waited' | 'event-loop';

export interface AdmissionObservers {
  readonly onShed: (criticality: Criticality, reason: ShedReason) => void;
  /** Least critical requests that the event loop is too slow for; see `loop-watch.ts`. */
  readonly isRefused: (criticality: Criticality) => boolean;
}

export interface Admission {
  /**
   * Takes a place; at once, or after waiting for one. Whoever got it must `leave`. Throws `overloaded` when there is none, or none in
   * time.
   */
  enter(criticality: Criticality): void | Promise<void>;
  leave(): void;
  readonly counts: () => { readonly running: number; readonly waiting: number };
}

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (reason: ShedReason) => void;
}

/** Waiting requests for each running one: with more, the last would wait longer than allowed anyway. */
const waitersPerPlace = 4;

export function createAdmission(rules: AdmissionRules, observers: AdmissionObservers): Admission {
  const queues: Readonly<Record<Criticality, Set<Waiter>>> = {
    critical: new Set(),
    standard: new Set(),
    sheddable: new Set(),
  };
  const mostWaiting = rules.concurrency * waitersPerPlace;
  let running = 0;

  const shed = (criticality: Criticality, reason: ShedReason): ProblemError => {
    observers.onShed(criticality, reason);
    return new ProblemError('overloaded', undefined, { retryAfterSeconds: 1 });
  };
  const waiting = (): number => queues.critical.size + queues.standard.size + queues.sheddable.size;
  /** Makes room for a request that is worth more than one that waits; false when none is. */
  const displace = (criticality: Criticality): boolean => {
    const lesser = criticalities.slice(criticalities.indexOf(criticality) + 1).toReversed();
    const last = lesser.map((one) => [...queues[one]].at(-1)).find((waiter) => waiter !== undefined);
    last?.refuse('full');
    return last !== undefined;
  };
  const wait = (criticality: Criticality): Promise<void> =>
    new Promise((resolve, reject) => {
      const queue = queues[criticality];
      const waiter: Waiter = {
        admit: () => {
          end();
          resolve();
        },
        refuse: (reason) => {
          end();
          reject(shed(criticality, reason));
        },
      };
      const timer = setTimeout(() => waiter.refuse('waited'), rules.maxWaitMs);
      const end = (): void => {
        clearTimeout(timer);
        queue.delete(waiter);
      };
      queue.add(waiter);
    });

  return {
    enter: (criticality) => {
      if (observers.isRefused(criticality)) throw shed(criticality, 'event-loop');
      if (running < rules.concurrency) {
        running += 1;
        return undefined;
      }
      if (waiting() >= mostWaiting && !displace(criticality)) throw shed(criticality, 'full');
      return wait(criticality);
    },
    leave: () => {
      // The place is passed on, so `running` stays as it is.
      for (const criticality of criticalities) {
        const [next] = queues[criticality];
        if (next !== undefined) {
          next.admit();
          return;
        }
      }
      running -= 1;
    },
    counts: () => ({ running, waiting: waiting() }),
  };
}
