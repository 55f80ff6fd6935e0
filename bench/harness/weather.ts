import { readFileSync } from 'node:fs';

/** How busy the machine was with other things: on shared cores a rate measures who else was running. */
export interface Weather {
  /** CPU time of all cores since boot, in clock ticks. */
  readonly totalTicks: number;
  /** The part of it that the hypervisor gave to other machines. */
  readonly stolenTicks: number;
  /** Runnable threads at this moment. */
  readonly running: number;
}

/** The machine's weather now; calm for ever where there is no /proc (macOS). */
export function readWeather(): Weather {
  try {
    return parseWeather(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return { totalTicks: 0, stolenTicks: 0, running: 0 };
  }
}

/** Reads /proc/stat: fields of the first line are user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). */
export function parseWeather(stat: string): Weather {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const running = Number(/^procs_running (\d+)$/m.exec(stat)?.[1] ?? 0);
  const totalTicks = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  return { totalTicks, stolenTicks: fields[7] ?? 0, running };
}

/** Share of the CPU time between two readings that was stolen, 0 to 1. */
export function stealBetween(before: Weather, after: Weather): number {
  const total = after.totalTicks - before.totalTicks;
  return total <= 0 ? 0 : (after.stolenTicks - before.stolenTicks) / total;
}
