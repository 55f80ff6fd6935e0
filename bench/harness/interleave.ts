import { collectGarbage } from './collect-garbage.ts';
import { type CpuTimes, cpuBetween, type Metered, readMeters } from './process-cpu.ts';
import { readWeather, stealBetween, type Weather } from './weather.ts';

/** One of the things that are compared. */
export interface Variant {
  readonly name: string;
  /** Untimed work before a slice. */
  prepare?(): Promise<void>;
  /** One slice of work; resolves with the number of operations that it did and whose results it has checked. */
  run(): Promise<number>;
}

/** What one slice of one variant took. */
export interface Slice {
  readonly operations: number;
  readonly wallMs: number;
  readonly cpuMs: CpuTimes;
  /** Share of the machine's CPU time that was stolen meanwhile, 0 to 1. */
  readonly steal: number;
}

/** One slice of each variant, right after each other. */
export interface Round {
  readonly slices: Readonly<Record<string, Slice>>;
  /** The largest steal of its slices. */
  readonly steal: number;
}

/** All rounds of one comparison. */
export interface Comparison {
  /** The rounds that count. */
  readonly rounds: readonly Round[];
  /** Rounds thrown away because too much CPU time was stolen. */
  readonly discarded: number;
  /** More than half was thrown away: the figures say nothing, neither good nor bad. */
  readonly isTooNoisy: boolean;
  /** The largest steal seen, also in discarded rounds. */
  readonly worstSteal: number;
}

/** How a comparison is run. */
export interface InterleaveOptions {
  readonly rounds: number;
  readonly meters: readonly Metered[];
  /** Above this stolen share a round does not count; 0.1 when absent. */
  readonly maxSteal?: number;
  /** Replaced in tests. */
  readonly weather?: () => Weather;
}

/**
 * Runs the variants in short slices, A B C, B C A, C A B …: what disturbs the machine for a second disturbs all of
 * them, and no one always follows the same neighbour. A first round is run and not counted: it warms everything up.
 */
export async function interleave(variants: readonly Variant[], options: InterleaveOptions): Promise<Comparison> {
  const all: Round[] = [];
  await runRound(variants, options);
  for (let round = 0; round < options.rounds; round += 1) {
    all.push(await runRound(rotate(variants, round), options));
  }
  const maxSteal = options.maxSteal ?? 0.1;
  const rounds = all.filter(({ steal }) => steal <= maxSteal);
  return {
    rounds,
    discarded: all.length - rounds.length,
    isTooNoisy: rounds.length * 2 < all.length,
    worstSteal: Math.max(0, ...all.map(({ steal }) => steal)),
  };
}

/** Values of one variant, round by round. */
export function valuesOf(comparison: Comparison, variant: string, value: (slice: Slice) => number): readonly number[] {
  return comparison.rounds.map(({ slices }) => {
    const slice = slices[variant];
    if (slice === undefined) {
      throw new RangeError(`no variant "${variant}"; there are ${Object.keys(slices).join(', ')}`);
    }
    return value(slice);
  });
}

/** Wall time of one operation, milliseconds. */
export function msPerOperation({ wallMs, operations }: Slice): number {
  return wallMs / operations;
}

/** CPU time of one operation in one process, milliseconds, over all rounds: single slices are too short for its clock. */
export function cpuMsPerOperation(comparison: Comparison, variant: string, process: string): number {
  const operations = sum(valuesOf(comparison, variant, (slice) => slice.operations));
  return sum(valuesOf(comparison, variant, ({ cpuMs }) => cpuMs[process] ?? 0)) / operations;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function runRound(variants: readonly Variant[], options: InterleaveOptions): Promise<Round> {
  const slices: Record<string, Slice> = {};
  for (const variant of variants) {
    slices[variant.name] = await runSlice(variant, options);
  }
  return { slices, steal: Math.max(...Object.values(slices).map(({ steal }) => steal)) };
}

async function runSlice(variant: Variant, options: InterleaveOptions): Promise<Slice> {
  const weather = options.weather ?? readWeather;
  await variant.prepare?.();
  // Garbage of the neighbour must not be collected on this one's time.
  collectGarbage();
  const weatherBefore = weather();
  const cpuBefore = readMeters(options.meters);
  const startedAt = performance.now();
  const operations = await variant.run();
  const wallMs = performance.now() - startedAt;
  const cpuMs = cpuBetween(cpuBefore, readMeters(options.meters));
  return { operations, wallMs, cpuMs, steal: stealBetween(weatherBefore, weather()) };
}

function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
