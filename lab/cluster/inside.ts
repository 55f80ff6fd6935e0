import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { FatalWaitError, waitFor } from '../control-plane/wait.ts';
import { tailOf } from '../log-tail.ts';
import { type RunOptions, runSystem, systemPath } from '../programs/run.ts';
import { joinSystemGroup, listHierarchies } from './cgroups.ts';
import type { LabPaths } from './lab-paths.ts';
import { listProcesses, type NamespacedProcess, programName } from './process-table.ts';

const shownLogLines = 20;
const startTimeoutMs = 10_000;
/** While a process becomes another program the kernel lets nobody look at it; after half a second without a sight it has ended. */
const toleratedMisses = 50;

/** A lab whose namespaces exist. */
export interface Inside {
  readonly paths: LabPaths;
  readonly holder: NamespacedProcess;
}

/** Which namespaces of the lab a program enters: its network only, or all of it, as the lab's own programs do. */
export type Depth = 'network' | 'all';

/** The command that runs `argv` in a lab; the working directory stays with `network` and becomes the lab's with `all`. */
export function enterCommand({ holder, paths }: Inside, depth: Depth, argv: readonly string[]): readonly string[] {
  const nsenter = ['nsenter', '--target', String(holder.pid), '--net'];
  return depth === 'network'
    ? [...nsenter, '--', ...argv]
    : [...nsenter, '--mount', '--pid', '--', 'env', ...environmentOf(paths), ...argv];
}

/** The user's own environment is no business of the lab's programs: proxies and certificates of this machine least of all. */
function environmentOf({ directory, temporary }: LabPaths): readonly string[] {
  return [
    '--ignore-environment',
    `--chdir=${directory}`,
    `PATH=${systemPath()}`,
    `HOME=${directory}`,
    `TMPDIR=${temporary}`,
    'LANG=C.UTF-8',
    // Two threads are enough for a cluster of one user, and keep the garbage of each program small.
    'GOMAXPROCS=2',
  ];
}

/** Runs a program in a lab to its end; see {@link enterCommand} and `run`. */
export function runInside(lab: Inside, depth: Depth, argv: readonly string[], options?: RunOptions): Promise<string> {
  return runSystem(enterCommand(lab, depth, argv), { shownAs: argv, ...options });
}

/** A program of the lab that runs until the lab ends. */
export interface Daemon {
  /** The name it is started under: the last part of `argv[0]`. */
  readonly name: string;
  readonly argv: readonly string[];
}

/** Programs of the lab itself (not of its pods) that run now. */
export async function listDaemons({ holder }: Inside): Promise<readonly NamespacedProcess[]> {
  const processes = await listProcesses();
  return processes.filter(
    ({ pid, processNamespace }) => processNamespace === holder.processNamespace && pid !== holder.pid,
  );
}

/** The running process of a daemon, or undefined. */
export async function findDaemon(lab: Inside, name: string): Promise<NamespacedProcess | undefined> {
  const daemons = await listDaemons(lab);
  return daemons.find((entry) => programName(entry) === name);
}

/**
 * Starts a daemon unless it runs; it outlives this process, ends with the lab and shares the processors as the lab's own programs
 * do. Its log is appended to.
 */
export async function ensureDaemon(lab: Inside, daemon: Daemon): Promise<void> {
  const { name, argv } = daemon;
  if ((await findDaemon(lab, name)) !== undefined) {
    return;
  }
  await using log = await open(daemonLog(lab.paths, name), 'a');
  // setsid --fork: nsenter need not wait, the first process of the lab becomes the parent.
  await runInside(lab, 'all', ['setsid', '--fork', ...argv], { outputTo: log.fd });
  let misses = 0;
  const hasStarted = async () => {
    const daemons = await listDaemons(lab);
    // Before its start the process is called setsid, with the daemon's command as arguments.
    misses = daemons.some((entry) => entry.argv.includes(argv[0] ?? name)) ? 0 : misses + 1;
    return misses < toleratedMisses ? daemons.some((entry) => programName(entry) === name) : endWait(lab, name);
  };
  await waitFor(`${name} runs`, hasStarted, { timeoutMs: startTimeoutMs, intervalMs: 10 });
  const started = await findDaemon(lab, name);
  if (started !== undefined) {
    await joinSystemGroup(lab.paths.cgroup, started.pid, await listHierarchies());
  }
}

/** The log of one of the lab's programs. */
export function daemonLog(paths: LabPaths, name: string): string {
  return join(paths.logs, `${name}.log`);
}

/** Ends a wait for something that a daemon has to do, with the end of its log, when the daemon is not there any more. */
export async function assertRunning(lab: Inside, name: string): Promise<void> {
  if ((await findDaemon(lab, name)) === undefined) {
    await endWait(lab, name);
  }
}

async function endWait(lab: Inside, name: string): Promise<never> {
  throw new FatalWaitError(`${name} ended; ${await tailOf(daemonLog(lab.paths, name), shownLogLines)}`);
}
