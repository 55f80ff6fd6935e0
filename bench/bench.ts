import type { Section } from './harness/report.ts';

/** What the command line chose. */
export interface BenchOptions {
  /** Counts only: what gates every change in CI. */
  readonly quick: boolean;
  /** Counted rounds of each comparison. */
  readonly rounds: number;
  /** How long `idle` watches an unchanged cluster, minutes. */
  readonly minutes: number;
  /** Stacks of the large case of `memory`. */
  readonly stacks: number;
  /** Says on the terminal what goes on. */
  readonly say: (message: string) => void;
}

/** One bench: starts what it measures, measures, and leaves nothing running. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  run(options: BenchOptions): Promise<Section>;
}
