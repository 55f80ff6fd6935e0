import { readFileSync } from 'node:fs';

/** How busy the machine was with other things: on shared cores a rate measures who else was running. */
export interface Weather {
  /** CPU time of all cores since boot, in clock ticks. */
  readonly totalTicks: number;
  /** The part of it in which a core did anything, stolen time included. */
  readonly busyTicks: number;
  /** The part of it that the hypervisor gave to other machines. */
  readonly stolenTicks: number;
}

/** The machine's weather now; calm for ever where there is no /proc (macOS). */
export function readWeather(): Weather {
  try {
    return parseWeather(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return { totalTicks: 0, busyTicks: 0, stolenTicks: 0 };
  }
}

/** Reads /proc/stat: fields of the first line are user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). */
export function parseWeather(stat: string): Weather {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const [, , , idle = 0, waiting = 0, , , stolenTicks = 0] = fields;
  const totalTicks = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  return { totalTicks, busyTicks: totalTicks - idle - waiting, stolenTicks };
}

/** Hundredths of a second, whatever the kernel's own tick is (USER_HZ). */
const msPerTick = 10;

/**
 * Share of the machine's CPU time between two readings that went to others, 0 to 1: stolen by the hypervisor, or used by
 * processes that are not among those measured, whose own use is `measuredMs`.
 */
export function disturbanceBetween(before: Weather, after: Weather, measuredMs: number): number {
  const total = (after.totalTicks - before.totalTicks) * msPerTick;
  const busy = (after.busyTicks - before.busyTicks) * msPerTick;
  // Both clocks are coarse: a little less than nothing is nothing.
  return total <= 0 ? 0 : Math.max(0, busy - measuredMs) / total;
}

/** Share of the CPU time between two readings that was stolen, 0 to 1. */
export function stealBetween(before: Weather, after: Weather): number {
  const total = after.totalTicks - before.totalTicks;
  return total <= 0 ? 0 : (after.stolenTicks - before.stolenTicks) / total;
}
