import test from 'ava';
import { closingLine, failureList, summaryTable, type TierResult, withoutSkips } from './summary.ts';

const tier = (changes: Partial<TierResult>): TierResult => ({
  name: 'unit',
  outcome: 'passed',
  counts: { passed: 5, failed: 0, skipped: 0 },
  failures: [],
  durationMs: 1_234,
  ...changes,
});

test('the closing line sums the tiers and leaves out what there is none of', (t) => {
  t.is(closingLine([tier({}), tier({})]), '10 passed, 0 failed');
});

test('a tier that did not run shows in the closing line', (t) => {
  const skipped = tier({ outcome: 'skipped', counts: { passed: 0, failed: 0, skipped: 0 } });
  t.is(closingLine([tier({}), skipped]), '5 passed, 0 failed, 1 skipped');
});

test('a tier that failed without a failed test counts as a failure', (t) => {
  t.is(closingLine([tier({ outcome: 'failed' })]), '5 passed, 1 failed');
});

test('the table names each tier with its time and the reason for what did not run', (t) => {
  const table = summaryTable([tier({}), tier({ name: 'cluster', outcome: 'skipped', reason: 'needs root' })]);
  t.regex(table, /^unit +passed +5 +0 +0 +1\.2s$/m);
  t.regex(table, /^cluster +skipped .* needs root$/m);
});

test('in CI a tier with a skipped test has failed, and says why', (t) => {
  const skipping = tier({ counts: { passed: 5, failed: 0, skipped: 2 } });
  const judged = withoutSkips(skipping);
  t.is(judged.outcome, 'failed');
  t.regex(summaryTable([judged]), /2 tests were skipped: with CI=true everything must run/);
  t.is(closingLine([judged]), '5 passed, 1 failed, 2 skipped');
  t.is(withoutSkips(tier({})).outcome, 'passed');
});

test('every failed test is named once more at the end, by its tier, file and title', (t) => {
  t.is(failureList([tier({})]), '');
  const failed = tier({
    name: 'stores',
    outcome: 'failed',
    failures: [{ title: 'operator › redis › scaling.stores › it grows', reason: 'Error: no slots' }],
  });
  t.is(failureList([tier({}), failed]), 'failed: stores: scaling.stores › it grows\n  Error: no slots\n');
});
