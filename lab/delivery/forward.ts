import { spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../control-plane/wait.ts';
import { run } from '../programs/run.ts';
import type { Published, ServiceAddress } from '../provider.ts';

/** What a forwarder needs to know. */
export interface Forward {
  readonly kubectl: string;
  readonly kubeconfigPath: string;
  /** Where its process id is kept, for {@link stopForwards}. */
  readonly directory: string;
  readonly service: ServiceAddress;
  /** On 127.0.0.1. */
  readonly port: number;
}

const program = join(import.meta.dirname, 'forward-main.ts');
const pidSuffix = '.forward.pid';
const answerTimeoutMs = 15_000;

/**
 * Starts a process that outlives this one and keeps `kubectl port-forward` running, which ends whenever its pod does.
 * One that already forwards the same Service is kept.
 */
export async function forwardPort({ kubectl, kubeconfigPath, directory, service, port }: Forward): Promise<Published> {
  const pidFile = join(directory, `${service.namespace}.${service.name}.${service.port}${pidSuffix}`);
  const running = await readForward(pidFile);
  if (running !== undefined) {
    return publishedAt(running.port);
  }
  const target = [service.namespace, service.name, String(service.port), String(port)];
  const child = spawn(process.execPath, [program, kubectl, kubeconfigPath, ...target], {
    detached: true,
    stdio: 'ignore',
  });
  child.unref();
  await writeFile(pidFile, JSON.stringify({ pid: child.pid, port }));
  await waitFor(
    `the Service ${service.namespace}/${service.name} answers on port ${port}`,
    () => fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) }),
    { timeoutMs: answerTimeoutMs },
  );
  return publishedAt(port);
}

/** Ends the forwarders whose process ids are in the directory. */
export async function stopForwards(directory: string): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith(pidSuffix));
  for (const name of names) {
    const running = await readForward(join(directory, name));
    if (running !== undefined) {
      process.kill(running.pid, 'SIGTERM');
    }
    await rm(join(directory, name), { force: true });
  }
}

interface RunningForward {
  readonly pid: number;
  readonly port: number;
}

/** Undefined when the process is gone or its id belongs to another program now. */
async function readForward(pidFile: string): Promise<RunningForward | undefined> {
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return undefined;
  }
  // `as`: written by forwardPort().
  const forward = JSON.parse(text) as RunningForward;
  const command = await run(['ps', '-o', 'args=', '-p', String(forward.pid)]).catch(() => '');
  return command.includes(program) ? forward : undefined;
}

function publishedAt(port: number): Published {
  return { url: `http://127.0.0.1:${port}`, port };
}
