import { collectGarbage } from './collect-garbage.ts';
import { type CpuTimes, cpuBetween, type Metered, readMeters } from './process-cpu.ts';
import { disturbanceBetween, readWeather, stealBetween, type Weather } from './weather.ts';

/** One of the things that are compared. */
export interface Variant {
  readonly name: string;
  /** Untimed work before a slice. */
  prepare?(): Promise<void>;
  /** One slice of work; resolves with the number of operations that it did. */
  run(): Promise<number | Work>;
  /** Untimed work after a slice: counts what the server holds, so that no error path is measured. */
  check?(): Promise<void>;
}

/** Work that is timed from and to somewhere inside of `run`. */
export interface Work {
  readonly operations: number;
  readonly wallMs: number;
}

/** What one slice of one variant took. */
export interface Slice {
  readonly operations: number;
  readonly wallMs: number;
  /** Of the whole slice, where `wallMs` may be a part of it. */
  readonly spanMs: number;
  readonly cpuMs: CpuTimes;
  /** Share of the machine's CPU time that was stolen meanwhile, 0 to 1. */
  readonly steal: number;
  /** Share that went to anybody but the measured processes, stolen time included, 0 to 1. */
  readonly disturbance: number;
}

/** One slice of each variant, right after each other. */
export interface Round {
  readonly slices: Readonly<Record<string, Slice>>;
  /** Of all its slices together. */
  readonly disturbance: number;
}

/** All rounds of one comparison. */
export interface Comparison {
  /** The rounds that count. */
  readonly rounds: readonly Round[];
  /** Rounds thrown away because too much CPU time went to others. */
  readonly discarded: number;
  /** Rounds in which too much CPU time went to others, thrown away or not. */
  readonly disturbed: number;
  /** More than half was thrown away: the figures say nothing, neither good nor bad. */
  readonly isTooNoisy: boolean;
  /** The largest stolen share of a slice, also of discarded rounds. */
  readonly worstSteal: number;
  /** Of each round, also of discarded ones. */
  readonly disturbances: readonly number[];
}

/** How a comparison is run. */
export interface InterleaveOptions {
  readonly rounds: number;
  readonly meters: readonly Metered[];
  /** Above this share of CPU time that went to others a round does not count; 0.25 when absent. */
  readonly maxDisturbance?: number;
  /** Replaced in tests. */
  readonly weather?: () => Weather;
}

/** A quarter of two cores for others still leaves each process of a race a core most of the time. */
const defaultMaxDisturbance = 0.25;

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
  const most = options.maxDisturbance ?? defaultMaxDisturbance;
  const calm = all.filter(({ disturbance }) => disturbance <= most);
  const isTooNoisy = calm.length * 2 < all.length;
  // Too noisy figures are shown all the same, and marked: nothing at all would be harder to judge.
  const rounds = isTooNoisy ? all : calm;
  return {
    rounds,
    discarded: all.length - rounds.length,
    disturbed: all.length - calm.length,
    isTooNoisy,
    worstSteal: Math.max(...all.flatMap(({ slices }) => Object.values(slices).map(({ steal }) => steal))),
    disturbances: all.map(({ disturbance }) => disturbance),
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
  const all = Object.values(slices);
  const time = sum(all.map(({ spanMs }) => spanMs));
  return { slices, disturbance: sum(all.map(({ disturbance, spanMs }) => disturbance * spanMs)) / time };
}

async function runSlice(variant: Variant, options: InterleaveOptions): Promise<Slice> {
  const weather = options.weather ?? readWeather;
  await variant.prepare?.();
  // Garbage of the neighbour must not be collected on this one's time.
  collectGarbage();
  const weatherBefore = weather();
  const cpuBefore = readMeters(options.meters);
  const startedAt = performance.now();
  const done = await variant.run();
  const spanMs = performance.now() - startedAt;
  const cpuMs = cpuBetween(cpuBefore, readMeters(options.meters));
  const weatherAfter = weather();
  await variant.check?.();
  const work = typeof done === 'number' ? { operations: done, wallMs: spanMs } : done;
  return {
    ...work,
    spanMs,
    cpuMs,
    steal: stealBetween(weatherBefore, weatherAfter),
    disturbance: disturbanceBetween(weatherBefore, weatherAfter, sum(Object.values(cpuMs))),
  };
}

function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
