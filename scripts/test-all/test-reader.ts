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

/** A test that failed, a file that crashed or a time that was up. */
export interface Failure {
  readonly title: string;
  /** The first lines of what ava says about it, as one line: what differed, or the message of the error. */
  readonly reason: string;
}

/** A reason is for a list of one line each; the whole explanation stands above the list. */
const reasonLength = 800;

const ended = /^ *(✔|✘|-) (?:\[(fail|skip|todo|expected fail)\]:? )?(.+)$/;

/**
 * Reads what ava prints, line by line. Its totals leave out crashed files, so the lines are counted: a line with a cross
 * is a failure, be it a test, a file that crashed or a time that is up. (Its TAP is not used: ava 8.0.1 dies while it
 * writes an error that has a property without a value, as every error of PostgreSQL has.)
 */
export class TestReader {
  readonly #failures: Failure[] = [];
  #counts: Counts = noTests;
  /** The failure that is being explained: ava does so after the last test, each under its title. */
  #explained = -1;

  get counts(): Counts {
    return this.#counts;
  }

  /** What failed, in its order. */
  get failures(): readonly Failure[] {
    return this.#failures;
  }

  /** The event of a line, unless it is empty; `line` comes without its end. */
  read(line: string): TestEvent | undefined {
    const [, mark, label, text] = ended.exec(line) ?? [];
    const kind = kindOf(mark, label);
    if (kind === undefined || text === undefined) {
      return this.#readDetail(line);
    }
    this.#counts = { ...this.#counts, [kind]: this.#counts[kind] + 1 };
    if (kind === 'failed') {
      this.#failures.push({ title: text, reason: '' });
    }
    return { kind, text };
  }

  #readDetail(line: string): TestEvent | undefined {
    const words = line.trim();
    if (words === '') {
      return undefined;
    }
    const heading = this.#failures.findIndex(({ title }) => title === words || title.startsWith(`${words} `));
    if (heading >= 0) {
      this.#explained = heading;
    } else if (reasonLine.test(line)) {
      this.#explain(words);
    }
    return { kind: 'detail', text: line };
  }

  #explain(words: string): void {
    const failure = this.#failures[this.#explained];
    if (failure !== undefined && failure.reason.length < reasonLength) {
      const reason = `${failure.reason} ${words}`.trim().slice(0, reasonLength);
      this.#failures[this.#explained] = { ...failure, reason };
    }
  }
}

/**
 * Lines of an explanation that say most: where the assertion stands, what it says of a single value, a difference, an
 * error's own text, a stack inside the project.
 */
const reasonLine = /^ {2}(?:\S+\.ts:\d+$|Value |[-+] |(?:[A-Z]\w*)?Error: | {4}at .*\.ts:\d)/;

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
