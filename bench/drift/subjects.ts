import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { OperatorProgram } from '../rig/operator-program.ts';
import type { BenchServer } from '../rig/server.ts';

/** Somebody who keeps one object as it should be. */
export interface Keeper {
  readonly name: string;
  readonly pid: number;
  /** The object that it keeps. */
  readonly object: KubernetesObject;
  /** Resolves when it has nothing to do. */
  whenIdle(): Promise<void>;
}

/** The operator, keeping a child of a stack. */
export function operatorKeeper(operator: OperatorProgram, object: KubernetesObject): Keeper {
  const busy = () => operator.metric('controller_runtime_active_workers', { controller: 'ecommercestack' });
  const waiting = () => operator.metric('workqueue_depth', { name: 'ecommercestack' });
  return {
    name: 'ours',
    pid: operator.pid,
    object,
    async whenIdle() {
      const isIdle = async () => (await busy()) === 0 && ((await waiting()) ?? 0) === 0;
      await waitFor('the operator has nothing to do', isIdle, { timeoutMs: 30_000, intervalMs: 5 });
    },
  };
}

/** The raw loop, keeping a copy of the same object in another namespace. */
export async function startRawKeeper(server: BenchServer, object: KubernetesObject): Promise<Keeper & AsyncDisposable> {
  const file = join(server.directory, 'raw-loop.json');
  await writeFile(file, JSON.stringify([object]));
  const program = join(import.meta.dirname, 'raw-loop.ts');
  const child = spawn(process.execPath, [program, server.kubeconfigPath, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface(child.stdout), 'line');
  return {
    name: 'raw loop',
    pid: child.pid ?? 0,
    object,
    // It has nothing to do but wait for the answer that the measuring watch has shown already.
    whenIdle: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  };
}
