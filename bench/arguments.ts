import { parseArgs } from 'node:util';
import type { BenchOptions } from './bench.ts';

/** What to run and how. */
export interface Choice extends Omit<BenchOptions, 'say'> {
  readonly names: readonly string[];
  /** Prints gates as TAP instead of figures as Markdown: for `make test`. */
  readonly asTests: boolean;
}

const defaults = { rounds: 12, minutes: 1, stacks: 100 };

/** Shown for --help and with every wrong argument. */
export function usage(known: readonly string[]): string {
  return `npm run bench -- [${known.join('|')} …] [--quick] [--as-tests] [--rounds=${defaults.rounds}] [--minutes=${defaults.minutes}] [--stacks=${defaults.stacks}]

Without names: all, in about fifteen minutes. --quick: counts only, in less than three minutes. Counts gate (exit code 1 when one is
broken); ratios are reported. --as-tests: the gates as a test's output. Results also go to bench/results/ as JSON and Markdown.`;
}

/** Reads the command line; throws with the argument, what is allowed and the usage. */
export function parseChoice(argv: readonly string[], known: readonly string[]): Choice | 'help' {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      'as-tests': { type: 'boolean', default: false },
      rounds: { type: 'string' },
      minutes: { type: 'string' },
      stacks: { type: 'string' },
    },
  });
  if (values.help) {
    return 'help';
  }
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`no bench "${unknown.join('", "')}"; there are ${known.join(', ')}\n\n${usage(known)}`);
  }
  return {
    names: positionals.length === 0 ? known : positionals,
    quick: values.quick,
    asTests: values['as-tests'],
    rounds: positive('rounds', values.rounds, defaults.rounds),
    minutes: positive('minutes', values.minutes, defaults.minutes),
    stacks: positive('stacks', values.stacks, defaults.stacks),
  };
}

function positive(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new Error(`--${name}=${text}: a number above 0 is allowed`);
  }
  return value;
}
