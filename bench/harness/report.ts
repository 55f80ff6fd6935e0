import type { Comparison } from './interleave.ts';
import { median, type RatioSummary } from './statistics.ts';

/** A count that must hold on every machine: breaking one fails the run. */
export interface Gate {
  readonly what: string;
  readonly value: number;
  /** In words, e.g. `at most 12`. */
  readonly allowed: string;
  readonly isKept: boolean;
}

/** Two things timed in one run: reported beside its target, never a reason to fail. */
export interface Ratio extends RatioSummary {
  readonly what: string;
  readonly target: Target | undefined;
  readonly isTooNoisy: boolean;
}

/** What a ratio should be. */
export interface Target {
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

/** Rows of figures that explain gates and ratios. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Everything that one bench found. */
export interface Section {
  readonly name: string;
  readonly title: string;
  readonly gates: readonly Gate[];
  readonly ratios: readonly Ratio[];
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
}

/** The section of a bench whose figures are no counts, in a run of counts only. */
export function notInQuickRuns({ name, title }: Pick<Section, 'name' | 'title'>, why: string): Section {
  return { name, title, gates: [], ratios: [], tables: [], notes: [`Not measured in a quick run: ${why}.`] };
}

/** A gate that lets up to `limit` pass. */
export function atMost(what: string, value: number, limit: number): Gate {
  return { what, value, allowed: `at most ${format(limit)}`, isKept: value <= limit };
}

/** A gate that lets exactly one value pass. */
export function exactly(what: string, value: number, wanted: number): Gate {
  return { what, value, allowed: `exactly ${format(wanted)}`, isKept: value === wanted };
}

/** A ratio of a comparison with its target. */
export function ratio(
  what: string,
  summary: RatioSummary,
  comparison: Pick<Comparison, 'isTooNoisy'>,
  target?: Target,
): Ratio {
  return { what, ...summary, target, isTooNoisy: comparison.isTooNoisy };
}

/** Whether the median keeps the target; `undefined` without target or when the run was too noisy to say. */
export function keepsTarget({ target, isTooNoisy, median }: Ratio): boolean | undefined {
  if (target === undefined || isTooNoisy) {
    return undefined;
  }
  return target.bound === 'at most' ? median <= target.value : median >= target.value;
}

/** Numbers for people: three significant digits, whole numbers as they are. */
export function format(value: number | string): string {
  if (typeof value === 'string') {
    return value;
  }
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** How the rounds of a comparison were, in one sentence. */
export function describeNoise(comparison: Comparison): string {
  const { rounds, discarded, disturbed, isTooNoisy, worstSteal, disturbances } = comparison;
  const shares = `others used ${percent(median(disturbances))} of the CPU (at most ${percent(Math.max(...disturbances))}), stolen was at most ${percent(worstSteal)}`;
  return isTooNoisy
    ? `**Too noisy to judge**: ${disturbed} of ${rounds.length} rounds were disturbed, all are shown; ${shares}.`
    : `${rounds.length} rounds counted, ${discarded} thrown away; ${shares}.`;
}

function percent(share: number): string {
  return `${format(share * 100)} %`;
}
