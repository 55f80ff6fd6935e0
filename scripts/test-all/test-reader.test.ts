import test from 'ava';
import { sumCounts, TapReader } from './tap-reader.ts';

function readAll(text: string) {
  const reader = new TapReader();
  const events = text.split('\n').map((line) => reader.read(line));
  return { counts: reader.counts, failures: reader.failures, events: events.filter((event) => event !== undefined) };
}

test('passed, failed, skipped and planned tests are counted by their lines', (t) => {
  const { counts } = readAll(
    [
      'TAP version 13',
      'ok 1 - a › one',
      'not ok 2 - a › two',
      'ok 3 - a › three # SKIP',
      'not ok 4 - a › four # TODO',
    ].join('\n'),
  );
  t.deepEqual(counts, { passed: 1, failed: 1, skipped: 2 });
});

test('a file that crashes counts as a failure, whatever the totals at the end say', (t) => {
  const text = 'not ok 1 - crash.test.ts exited with a non-zero exit code: 1\n1..0\n# tests 0\n# fail 0';
  const { counts, failures } = readAll(text);
  t.deepEqual(failures, ['crash.test.ts exited with a non-zero exit code: 1']);
  t.deepEqual(counts, { passed: 0, failed: 1, skipped: 0 });
});

test('the explanation of a failure is kept and what is not TAP is not', (t) => {
  const { events } = readAll('not ok 1 - sums\n  ---\n    message: off by one\n  ...\nStatements : 98.2%\nok 2 - rest');
  t.deepEqual(events, [
    { kind: 'failed', text: 'sums' },
    { kind: 'detail', text: '    message: off by one' },
    { kind: 'passed', text: 'rest' },
  ]);
});

test('a title may itself hold a number sign', (t) => {
  t.deepEqual(readAll('ok 1 - issue # 3 is closed').events, [{ kind: 'passed', text: 'issue # 3 is closed' }]);
});

test('counts of tiers add up', (t) => {
  const sum = sumCounts([
    { passed: 1, failed: 2, skipped: 3 },
    { passed: 10, failed: 20, skipped: 30 },
  ]);
  t.deepEqual(sum, { passed: 11, failed: 22, skipped: 33 });
});
