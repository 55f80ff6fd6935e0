import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { silentProgress } from '../progress.ts';
import type { Progress } from '../provider.ts';
import { bringDown } from './down.ts';
import type { LabCluster } from './lab-cluster.ts';
import { bringUp } from './up.ts';

const guardScript = join(import.meta.dirname, 'guard.ts');

/** A whole lab for one test file. */
export interface TestCluster extends AsyncDisposable {
  readonly cluster: LabCluster;
  /** Starts again what a test has killed; resolves when all of it is ready. */
  repair(): Promise<LabCluster>;
  /** Removes the lab; may be called twice. */
  stop(): Promise<void>;
}

/** What can be chosen about a lab for tests. */
export interface TestClusterOptions {
  /** Default: a new name, so that test files do not disturb each other. */
  readonly name?: string;
  /** Silent by default. */
  readonly progress?: Progress;
}

/** Brings up a lab that is removed by `stop`, and also when this process is killed. */
export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const name = options.name ?? `test-${randomBytes(4).toString('hex')}`;
  const progress = options.progress ?? silentProgress;
  const release = guard(name);
  const stop = async () => {
    await bringDown(name, progress);
    release();
  };
  try {
    const cluster = await bringUp(name, progress);
    return { cluster, repair: () => bringUp(name, progress), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Its own session keeps the guard alive when a terminal ends all programs of this one by Ctrl-C. */
function guard(name: string): () => void {
  const child = spawn(process.execPath, [guardScript, name], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  // A pipe that waits must not keep this process alive: its end is what the guard waits for.
  if (child.stdin instanceof Socket) {
    child.stdin.unref();
  }
  return () => child.stdin.end();
}
