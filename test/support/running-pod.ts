import type { PodProcess } from './pod-process.ts';
import type { Pod, Probe } from './pod-shapes.ts';

/** A pod of a node without containers. */
export interface RunningPod {
  readonly pod: Pod;
  readonly address: string;
  process: PodProcess;
  restarts: number;
  isReady: boolean;
  /** Of the readiness probe. */
  lastSuccessAt?: number;
  isStopping: boolean;
  readonly liveness: Liveness;
}

/** What the liveness probe has found so far. */
export interface Liveness {
  askedAt: number;
  /** In a row; absent until it succeeded for the first time, as a startup probe has it. */
  failures?: number;
}

/** As a kubelet: whether a container that worked once has failed the probe so often that it is to be started again. */
export async function isStuck(
  { liveness }: Pick<RunningPod, 'liveness'>,
  { periodSeconds, failureThreshold }: Probe,
  succeeds: () => Promise<boolean>,
): Promise<boolean> {
  if (performance.now() - liveness.askedAt < periodSeconds * 1_000) {
    return false;
  }
  liveness.askedAt = performance.now();
  if (await succeeds()) {
    liveness.failures = 0;
  } else if (liveness.failures !== undefined) {
    liveness.failures += 1;
  }
  return (liveness.failures ?? 0) >= failureThreshold;
}

/** Why it is not ready, in a few words. */
export function explainUnready({ process, isStopping, lastSuccessAt }: RunningPod): string {
  if (isStopping) {
    return process.isRunning ? 'is ending' : 'has ended';
  }
  if (!process.isRunning) {
    return 'crashed';
  }
  return lastSuccessAt === undefined
    ? 'is starting'
    : `last probed well ${Math.round(performance.now() - lastSuccessAt)} ms ago`;
}
