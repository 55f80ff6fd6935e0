/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One line of a test's end, or a line that says more: what a test logged, why one failed. */
export interface TestEvent {
  readonly kind: 'passed' | 'failed' | 'skipped' | 'detail';
  readonly text: string;
}

/** The counts of no test at all. */
export const noTests: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Adds counts up. */
export function sumCounts(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    noTests,
  );
}

const ended = /^ *(✔|✘|-) (?:\[(fail|skip|todo|expected fail)\]:? )?(.+)$/;

/**
 * Reads what ava prints, line by line. Its totals leave out crashed files, so the lines are counted: a line with a cross
 * is a failure, be it a test, a file that crashed or a time that is up. (Its TAP is not used: ava 8.0.1 dies while it
 * writes an error that has a property without a value, as every error of PostgreSQL has.)
 */
export class TestReader {
  readonly #failures: string[] = [];
  #counts: Counts = noTests;

  get counts(): Counts {
    return this.#counts;
  }

  /** The titles of the failed tests, in their order. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** The event of a line, unless it is empty; `line` comes without its end. */
  read(line: string): TestEvent | undefined {
    const [, mark, label, text] = ended.exec(line) ?? [];
    const kind = kindOf(mark, label);
    if (kind === undefined || text === undefined) {
      return line.trim() === '' ? undefined : { kind: 'detail', text: line };
    }
    this.#counts = { ...this.#counts, [kind]: this.#counts[kind] + 1 };
    if (kind === 'failed') {
      this.#failures.push(text);
    }
    return { kind, text };
  }
}

function kindOf(mark: string | undefined, label: string | undefined): Exclude<TestEvent['kind'], 'detail'> | undefined {
  if (mark === '✘') {
    return 'failed';
  }
  if (label !== undefined) {
    return 'skipped';
  }
  // A line with a minus and no label is of a difference between two values.
  return mark === '✔' ? 'passed' : undefined;
}
