import type { PodProcess } from './pod-process.ts';
import type { Pod } from './pod-shapes.ts';

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
