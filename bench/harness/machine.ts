import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** What the figures were taken on; without names of hosts. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly operator: string;
}

/** This machine, now. */
export function describeMachine(): Machine {
  const list = cpus();
  // `as`: package.json is ours.
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: list[0]?.model ?? 'unknown',
    cores: list.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().split('.').slice(0, 2).join('.'),
    node: process.version,
    operator: version,
  };
}

/** The machine in one line, to stand above figures. */
export function machineLine(machine: Machine): string {
  const { date, cores, cpu, memoryGiB, kernel, node, operator } = machine;
  return `${date}, ${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, operator ${operator}`;
}
