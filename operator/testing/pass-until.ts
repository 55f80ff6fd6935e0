import { setTimeout as delay } from 'node:timers/promises';
import type { Observation } from '../components/contract.ts';

/** The two halves of a pass over real servers, and what to say when the time is over. */
export interface Passes {
  observe(): Promise<Observation>;
  /** Executes the planned step, if there is one. */
  execute(observation: Observation): Promise<void>;
  explain(): string;
}

/**
 * Passes as the engine makes them until the condition holds: a step that fails (servers have not told each other yet) is
 * planned anew from what is. Throws with the last observation, and the last error of a step as cause, when the condition
 * does not hold within the time (milliseconds).
 */
export async function passUntil(
  passes: Passes,
  condition: (observation: Observation) => boolean,
  { timeoutMs, intervalMs }: { readonly timeoutMs: number; readonly intervalMs: number },
): Promise<Observation> {
  const end = performance.now() + timeoutMs;
  let failure: unknown;
  for (;;) {
    const observation = await passes.observe();
    await passes.execute(observation).catch((error: unknown) => {
      failure = error;
    });
    if (condition(observation)) {
      return observation;
    }
    if (performance.now() > end) {
      const { readiness, plan } = observation;
      throw new Error(`still ${JSON.stringify({ readiness, plan: plan?.plan })}\n${passes.explain()}`, {
        cause: failure,
      });
    }
    // The engine looks again after `retryAfterMs`; shorter here, because a test waits.
    await delay(intervalMs);
  }
}
