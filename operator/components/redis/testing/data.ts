import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from 'ioredis';
import { slotCount } from '../slots.ts';

/** Writes `count` keys spread over all slots, in pipelines as a service would. */
export async function writeKeys(client: Cluster, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => client.set(`key-${index}`, `value-${index}`)));
}

/** How many of the keys of `writeKeys` have their value. */
export async function countKeys(client: Cluster, count: number): Promise<number> {
  const values = await Promise.all(Array.from({ length: count }, (_, index) => client.get(`key-${index}`)));
  return values.filter((value, index) => value === `value-${index}`).length;
}

/** What a writer saw between its start and its stop. */
export interface WriterResult {
  readonly acknowledged: ReadonlyMap<string, number>;
  readonly failed: number;
  /** Longest time without an acknowledged write, milliseconds. */
  readonly worstGapMs: number;
}

/** A writer at work. */
export interface RunningWriter {
  /** Writes acknowledged so far. */
  readonly count: () => number;
  readonly stop: () => Promise<WriterResult>;
}

/**
 * Counts up on many keys, one command after the other and `pauseMs` milliseconds after it, until it is stopped or its
 * client is closed.
 */
export function startWriter(client: Cluster, pauseMs = 0): RunningWriter {
  const acknowledged = new Map<string, number>();
  let isStopped = false;
  let count = 0;
  let failed = 0;
  let worstGapMs = 0;
  const run = async () => {
    let last = performance.now();
    // A client that the test has closed refuses at once: without this the loop would keep the process busy for ever.
    for (let turn = 0; !isStopped && client.status !== 'end'; turn += 1) {
      const key = `counter-${(turn * 7919) % slotCount}`;
      const value = turn + 1;
      const isDone = await client.set(key, String(value)).then(
        () => true,
        () => false,
      );
      if (isDone) {
        acknowledged.set(key, value);
        count += 1;
        worstGapMs = Math.max(worstGapMs, performance.now() - last);
        last = performance.now();
      } else {
        failed += 1;
      }
      if (pauseMs > 0) {
        await delay(pauseMs);
      }
    }
  };
  const running = run();
  return {
    count: () => count,
    stop: async () => {
      isStopped = true;
      await running;
      return { acknowledged, failed, worstGapMs };
    },
  };
}

/** Keys of acknowledged writes that are not there any more (a later value is fine). */
export async function listLost(client: Cluster, { acknowledged }: WriterResult): Promise<readonly string[]> {
  const checks = [...acknowledged].map(async ([key, value]) =>
    Number((await client.get(key)) ?? 0) < value ? [key] : [],
  );
  return (await Promise.all(checks)).flat();
}

/** How many acknowledged writes are not there any more. */
export async function countLost(client: Cluster, result: WriterResult): Promise<number> {
  return (await listLost(client, result)).length;
}
