import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../control-plane/wait.ts';
import { tailOf } from '../log-tail.ts';
import { systemPath } from '../programs/run.ts';
import type { LabPaths } from './lab-paths.ts';
import { listProcesses, type NamespacedProcess, programName, readProcess, signalProcess } from './process-table.ts';

const entryScript = join(import.meta.dirname, 'enter.sh');
const startTimeoutMs = 10_000;
const endTimeoutMs = { polite: 5_000, forced: 30_000 } as const;
const shownLogLines = 10;

/**
 * The first process of a lab, which holds its namespaces open. It is found by its arguments in the process table,
 * which cannot be out of date as a file with its id could be.
 */
export async function findHolder(paths: LabPaths): Promise<NamespacedProcess | undefined> {
  const processes = await listProcesses();
  return processes.find(
    (entry) => programName(entry) === 'pause' && entry.argv[1] === 'lab' && entry.argv[2] === paths.directory,
  );
}

/** Makes the lab's namespaces and resolves with their first process, which outlives this one. */
export async function startHolder(paths: LabPaths, pausePath: string): Promise<NamespacedProcess> {
  for (const name of ['var-log', 'kubelet', 'containerd']) {
    await mkdir(join(paths.directory, name), { recursive: true });
  }
  const logPath = join(paths.logs, 'namespaces.log');
  await using log = await open(logPath, 'a');
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child=SIGKILL'];
  const child = spawn('unshare', [...namespaces, 'sh', entryScript, pausePath, paths.directory], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: systemPath() },
  });
  child.unref();
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  return waitFor('the namespaces of the lab', () => findHolder(paths), {
    timeoutMs: startTimeoutMs,
    intervalMs: 10,
    explain: async () => failure?.message ?? (await tailOf(logPath, shownLogLines)),
  });
}

/**
 * Ends every process of a lab and resolves when all are gone: first those that only use its network, politely, then the
 * first process of its namespaces, with which the kernel ends all others.
 */
export async function endProcesses(paths: LabPaths): Promise<void> {
  await endAll(() => guestsOf(paths), 'SIGTERM').catch(() => endAll(() => guestsOf(paths), 'SIGKILL'));
  await endAll(() => ownProcesses(paths), 'SIGKILL');
}

async function endAll(find: () => Promise<readonly NamespacedProcess[]>, signal: NodeJS.Signals): Promise<void> {
  const signalAndCount = async () => {
    const processes = await find();
    await Promise.all(processes.map((entry) => signalProcess(entry, signal)));
    return processes.length === 0;
  };
  await waitFor('the processes of the lab ended', signalAndCount, {
    timeoutMs: endTimeoutMs[signal === 'SIGKILL' ? 'forced' : 'polite'],
    intervalMs: 20,
    explain: async () => (await find()).map(({ pid, argv }) => `${pid} ${argv.join(' ')}`).join('\n'),
  });
}

/** Processes that somebody started in the lab's network from outside, for example a shell. */
async function guestsOf(paths: LabPaths): Promise<readonly NamespacedProcess[]> {
  const [holder, ourselves] = [await findHolder(paths), await readProcess(process.pid)];
  const processes = await listProcesses();
  return processes.filter(
    (entry) =>
      entry.networkNamespace === holder?.networkNamespace &&
      entry.processNamespace === ourselves?.processNamespace &&
      !isOwn(entry, paths),
  );
}

/** The first process, what it was before it became that, and its parent outside. */
async function ownProcesses(paths: LabPaths): Promise<readonly NamespacedProcess[]> {
  const processes = await listProcesses();
  return processes.filter((entry) => isOwn(entry, paths));
}

function isOwn(entry: NamespacedProcess, { directory }: LabPaths): boolean {
  return entry.argv.at(-1) === directory && ['pause', 'sh', 'unshare'].includes(programName(entry));
}
