import { readdirSync, readFileSync } from 'node:fs';
import { cpuMsOf, type Metered } from './process-cpu.ts';

/**
 * All processes that descend from this one, except those that are measured by themselves: the servers of a bench, which
 * would otherwise count as disturbance.
 */
export function descendantsMeter(name: string, except: readonly number[]): Metered {
  return {
    name,
    read: () => {
      const pids = descendantsOf(process.pid, readParents()).filter((pid) => !except.includes(pid));
      return pids.reduce((sum, pid) => sum + (cpuMsOf(pid) ?? 0), 0);
    },
  };
}

/** Ids of all processes below one, by the parent of each. */
export function descendantsOf(root: number, parents: ReadonlyMap<number, number>): readonly number[] {
  const children = [...parents].filter(([, parent]) => parent === root).map(([pid]) => pid);
  return children.flatMap((pid) => [pid, ...descendantsOf(pid, parents)]);
}

/** Field 4 of /proc/PID/stat; empty where there is no /proc. */
function readParents(): ReadonlyMap<number, number> {
  return new Map(
    listProcesses().flatMap((pid) => {
      const parent = parentOf(pid);
      return parent === undefined ? [] : [[pid, parent] as const];
    }),
  );
}

function listProcesses(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
