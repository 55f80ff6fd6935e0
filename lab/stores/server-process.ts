/** One store server as a child process: unprivileged, tied to this process's life, stopped by its own id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chown, constants, rm } from 'node:fs/promises';
import { makeTemporaryDirectory } from '../programs/scratch.ts';

/** Debian's `nobody`: PostgreSQL refuses to run as root, and a store under test needs no rights. */
const nobody = 65_534;

export interface ServerProcess {
  readonly pid: number;
  /** The last lines that the server printed, for error messages. */
  tail(): string;
  /** True until the process has ended. */
  isRunning(): boolean;
  /** Sends `signal`, then SIGKILL after `graceMs`; resolves when the process is gone. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

/**
 * Starts `program`. When this process dies, even by SIGKILL, the kernel sends `signalOnOrphan` to the server (Linux), so
 * that no test run leaves servers behind.
 */
export async function startServerProcess(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly signalOnOrphan: 'INT' | 'TERM' | 'KILL' },
): Promise<ServerProcess> {
  const [command, prefix] = await unprivileged(options.signalOnOrphan);
  const argv = command === undefined ? [...args] : [...prefix, program, ...args];
  const child = spawn(command ?? program, argv, {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  const output = collectOutput(child);
  await once(child, 'spawn');
  return toServerProcess(child, output);
}

/** Folder owned by the user that servers run as; remove it with `removeFolder`. What killed processes left goes first. */
export async function makeServerFolder(purpose: string): Promise<string> {
  const folder = await makeTemporaryDirectory(purpose);
  if (isRoot()) await chown(folder, nobody, nobody);
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Runs a program to its end as the servers' user; throws with its output when it fails. */
export async function runUnprivileged(program: string, args: readonly string[], cwd: string): Promise<void> {
  const server = await startServerProcess(program, args, { cwd, signalOnOrphan: 'KILL' });
  const code = await exitCodes.get(server);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${server.tail()}`);
}

/** Polls `probe` until it is true; fails at once when a server ended, or after `timeoutMs` with the server's last lines. */
export async function waitUntilReady(
  servers: readonly ServerProcess[],
  probe: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const ended = servers.find((server) => !server.isRunning());
    if (ended !== undefined) throw new Error(`the server ended while starting: ${ended.tail()}`);
    if (await probe()) return;
    if (Date.now() > deadline) {
      throw new Error(
        `the server is not ready after ${timeoutMs} ms: ${servers.map((server) => server.tail()).join('\n')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const exitCodes = new WeakMap<ServerProcess, Promise<number | null>>();

function toServerProcess(child: ChildProcess, output: { tail: () => string }): ServerProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error('the server was not started');
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const server: ServerProcess = {
    pid,
    tail: output.tail,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: async (signal = 'SIGTERM', graceMs = 10_000) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
  exitCodes.set(server, exited);
  return server;
}

function collectOutput(child: ChildProcess): { tail: () => string } {
  const lines: string[] = [];
  const keep = (chunk: Buffer): void => {
    lines.push(
      ...chunk
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
    );
    lines.splice(0, Math.max(0, lines.length - 40));
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return { tail: () => lines.slice(-15).join('\n') };
}

/** `setpriv` (util-linux, on every Debian) drops the rights and asks the kernel for the signal when the parent dies. */
async function unprivileged(signal: string): Promise<[string | undefined, readonly string[]]> {
  const setpriv = '/usr/bin/setpriv';
  const hasSetpriv = await access(setpriv, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!hasSetpriv) {
    if (isRoot()) throw new Error('setpriv is missing: install util-linux, or run as an ordinary user');
    return [undefined, []];
  }
  const user = isRoot() ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  return [setpriv, [...user, `--pdeathsig=${signal}`, '--']];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
