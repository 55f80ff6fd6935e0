import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** A process of this machine; `startTime` tells it from a later one with the same id. */
export interface ProcessEntry {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  readonly argv: readonly string[];
  /** Of the whole process, in bytes. */
  readonly residentBytes: number;
}

/** A process with the namespaces that it is in. */
export interface NamespacedProcess extends ProcessEntry {
  readonly networkNamespace: string;
  readonly processNamespace: string;
}

const pageBytes = 4096;

/** Every process that this user may look into. Kernel threads, and programs at the moment of their start, have no arguments. */
export async function listProcesses(): Promise<readonly NamespacedProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map((pid) => readProcess(pid)));
  return entries.filter((entry) => entry !== undefined);
}

/** One process, or undefined when it has ended. */
export async function readProcess(pid: number): Promise<NamespacedProcess | undefined> {
  try {
    const [commandLine, stat, networkNamespace, processNamespace] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readlink(`/proc/${pid}/ns/net`),
      readlink(`/proc/${pid}/ns/pid`),
    ]);
    const argv = commandLine.split('\0').slice(0, -1);
    const fields = parseStat(stat);
    return argv.length === 0 || fields.isEnded
      ? undefined
      : { pid, argv, networkNamespace, processNamespace, ...fields };
  } catch {
    return undefined;
  }
}

/** proc(5): the program's name in parentheses may hold anything, so fields are counted from the last one. */
export function parseStat(stat: string): { startTime: string; residentBytes: number; isEnded: boolean } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    startTime: fields[19] ?? '',
    residentBytes: Number(fields[21] ?? 0) * pageBytes,
    isEnded: fields[0] === 'Z' || fields[0] === 'X',
  };
}

/** The name a process was started under, without its directory. */
export function programName({ argv }: ProcessEntry): string {
  return basename(argv[0] ?? '');
}

/** Sends a signal when the process is still the same one; a reused id is never hit. */
export async function signalProcess({ pid, startTime }: ProcessEntry, signal: NodeJS.Signals): Promise<void> {
  const current = await readProcess(pid);
  if (current?.startTime !== startTime) {
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    // `as`: errors of process.kill carry a code. ESRCH: it ended this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

/** True while the process lives. */
export async function isAlive({ pid, startTime }: ProcessEntry): Promise<boolean> {
  return (await readProcess(pid))?.startTime === startTime;
}
