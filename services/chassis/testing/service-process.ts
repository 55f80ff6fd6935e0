/** Runs a service as a process of its own, as a container would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { Environment } from '../config/settings.ts';
import { testInternalKey } from './service-under-test.ts';

export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly adminUrl: string;
}

/** Runs one command to its end; resolves with the exit code. */
export async function runProcess(main: URL, environment: Environment, command: string): Promise<number | null> {
  const env = { ...environment, APP_INTERNAL_KEY: testInternalKey };
  const child = spawn(process.execPath, [main.pathname, command], { env, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null]; // the event's first value
  return code;
}

/** Starts serving on free ports; resolves once it listens. Killed when the test ends. */
export async function startProcess(
  t: Pick<ExecutionContext, 'teardown'>,
  main: URL,
  environment: Environment,
): Promise<ServiceProcess> {
  const own = { APP_PORT: '0', APP_ADMIN_PORT: '0', APP_INTERNAL_KEY: testInternalKey, APP_SHUTDOWN_DELAY_MS: '200' };
  const env = { ...own, ...environment };
  const child = spawn(process.execPath, [main.pathname], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, port, adminPort } = JSON.parse(line) as { msg: string; port: number; adminPort: number }; // our own log line
    if (msg === 'listening') {
      child.stdout.resume();
      return { child, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${adminPort}` };
    }
  }
  throw new Error('the service ended without listening');
}

/** Asks until the status is there; resolves with the milliseconds it took, fails after 20 seconds. */
export async function untilStatus(url: string, status: number): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < 20_000) {
    const answer = await fetch(url);
    await answer.text();
    if (answer.status === status) return Math.round(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} did not answer ${status} within 20 s`);
}
