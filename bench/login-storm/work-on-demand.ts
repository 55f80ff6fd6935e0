/** Of the processes of disturbers: work that the parent asks for. */

/**
 * For each message, a number of milliseconds, as many workers as told do one job after the other; a job resolves with its kind.
 * The first that ends is told of and not counted, and from then on the time runs: all are at work, nobody comes at the same moment
 * any more as at the very beginning. At the end the parent is told what was done (`Disturbance`).
 */
export function workOnDemand(workers: number, job: () => Promise<string>): void {
  process.on('message', (durationMs: number) => {
    void workFor(durationMs, workers, job).then((done) => process.send?.(done));
  });
  process.on('disconnect', () => process.exit(0));
}

async function workFor(durationMs: number, workers: number, job: () => Promise<string>) {
  const counts: Record<string, number> = {};
  let begunAt: number | undefined;
  const work = async () => {
    while (begunAt === undefined || performance.now() < begunAt + durationMs) {
      const kind = await job();
      if (begunAt === undefined) {
        begunAt = performance.now();
        process.send?.('begun');
      } else {
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { counts, tookMs: performance.now() - (begunAt ?? 0) };
}
