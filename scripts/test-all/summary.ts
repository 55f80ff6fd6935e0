import { type Counts, type Failure, sumCounts } from './test-reader.ts';

/** How one tier of tests ended. */
export interface TierResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  readonly durationMs: number;
  /** Why it was skipped, or failed without a failed test. */
  readonly reason?: string;
}

/**
 * In CI a test that was left out is a failure: a skip because of a missing program goes unseen there, and the tier would
 * look as good as one that ran.
 */
export function withoutSkips(result: TierResult): TierResult {
  const { skipped } = result.counts;
  if (skipped === 0 || result.outcome !== 'passed') {
    return result;
  }
  const what = skipped === 1 ? 'a test was' : `${skipped} tests were`;
  return { ...result, outcome: 'failed', reason: `${what} skipped: with CI=true everything must run` };
}

/** The table at the end: one row per tier, its reason behind it. */
export function summaryTable(results: readonly TierResult[]): string {
  const header = ['tier', 'result', 'passed', 'failed', 'skipped', 'time', ''];
  const rows = results.map(({ name, outcome, counts, durationMs, reason }) => [
    name,
    outcome,
    String(counts.passed),
    String(counts.failed),
    String(counts.skipped),
    `${(durationMs / 1000).toFixed(1)}s`,
    reason ?? '',
  ]);
  const table = [header, ...rows];
  const widths = header.map((_cell, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What failed and why, once more after the table: the explanations may be thousands of lines above. */
export function failureList(results: readonly TierResult[]): string {
  const lines = results.flatMap(({ name, failures }) =>
    failures.map(({ title, reason }) =>
      [`failed: ${name}: ${shorten(title)}\n`, ...(reason === '' ? [] : [`  ${reason}\n`])].join(''),
    ),
  );
  return lines.join('');
}

/** A title without the folders of its file, which its tier and its file name already tell. */
function shorten(title: string): string {
  return title.split(' › ').slice(-2).join(' › ');
}

/**
 * The last line: `N passed, N failed`, with `, N skipped` when there are any. A tier that did not run counts as one
 * skipped, one that failed without a failed test as one failed, so that the line never looks better than the run was.
 */
export function closingLine(results: readonly TierResult[]): string {
  const { passed, failed, skipped } = sumCounts(results.map(countsWithTier));
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

function countsWithTier({ outcome, counts }: TierResult): Counts {
  switch (outcome) {
    case 'passed':
      return counts;
    case 'failed':
      return { ...counts, failed: Math.max(1, counts.failed) };
    case 'skipped':
      return { ...counts, skipped: counts.skipped + 1 };
  }
}
