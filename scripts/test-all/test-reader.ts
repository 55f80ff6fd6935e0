/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One line of a test's end, or a line that says more about a failure. */
export interface TapEvent {
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

/**
 * Reads what `ava --tap` prints, line by line. Its own totals leave out crashed files, so the lines are counted. Lines
 * that are not TAP (a coverage table, a stray print) give no event.
 */
export class TapReader {
  readonly #failures: string[] = [];
  #counts: Counts = noTests;
  #isInDetails = false;

  get counts(): Counts {
    return this.#counts;
  }

  /** The titles of the failed tests, in their order. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** The event of a line, if it has one; `line` comes without its end. */
  read(line: string): TapEvent | undefined {
    const [, not, title] = /^(not )?ok \d+ - (.*)$/.exec(line) ?? [];
    if (title !== undefined) {
      return this.#count(not === undefined, title);
    }
    return this.#detail(line);
  }

  #count(isOk: boolean, title: string): TapEvent {
    this.#isInDetails = false;
    const [, text = title, directive] = /^(.*?)(?: # (SKIP|TODO).*)?$/.exec(title) ?? [];
    const kind = directive !== undefined ? 'skipped' : isOk ? 'passed' : 'failed';
    this.#counts = { ...this.#counts, [kind]: this.#counts[kind] + 1 };
    if (kind === 'failed') {
      this.#failures.push(text);
    }
    return { kind, text };
  }

  /** YAML between `  ---` and `  ...` explains the failure above it. */
  #detail(line: string): TapEvent | undefined {
    if (line === '  ---' || line === '  ...') {
      this.#isInDetails = line === '  ---';
      return undefined;
    }
    return this.#isInDetails ? { kind: 'detail', text: line } : undefined;
  }
}
