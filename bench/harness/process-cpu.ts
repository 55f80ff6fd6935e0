import { readFileSync } from 'node:fs';

/** Linux counts the CPU time of processes in hundredths of a second (USER_HZ), whatever the kernel's own tick is. */
const msPerTick = 10;

/** User and system time of a process so far, milliseconds; `undefined` when it is gone or there is no /proc. */
export function cpuMsOf(pid: number): number | undefined {
  try {
    return parseProcessCpu(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Reads /proc/PID/stat: utime and stime are fields 14 and 15; the name in field 2 may hold blanks and brackets. */
export function parseProcessCpu(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

/** Programs that this process has started and that have ended, all together: fields 16 and 17 of its own stat. */
export function endedChildrenMeter(name: string): Metered {
  return {
    name,
    read: () => {
      try {
        const stat = readFileSync('/proc/self/stat', 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return (Number(fields[13]) + Number(fields[14])) * msPerTick;
      } catch {
        return undefined;
      }
    },
  };
}

/** CPU time by name of the process, milliseconds. */
export type CpuTimes = Readonly<Record<string, number>>;

/** A process whose CPU time is measured beside every rate. */
export interface Metered {
  readonly name: string;
  /** CPU time so far, milliseconds; `undefined` when it cannot be read. */
  read(): number | undefined;
}

/** Another process, by its id. */
export function meterOf(name: string, pid: number): Metered {
  return { name, read: () => cpuMsOf(pid) };
}

/** This process, with the finer clock that it has of itself. */
export function ownMeter(name: string): Metered {
  return {
    name,
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
  };
}

/** Readings of several meters; what cannot be read is left out. */
export function readMeters(meters: readonly Metered[]): CpuTimes {
  const read = meters.flatMap((meter): [string, number][] => {
    const value = meter.read();
    return value === undefined ? [] : [[meter.name, value]];
  });
  return Object.fromEntries(read);
}

/** What was used between two readings; a process that began in between counts from zero. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
}
