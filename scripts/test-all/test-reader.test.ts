import test from 'ava';
import { sumCounts, TestReader } from './test-reader.ts';

function readAll(text: string) {
  const reader = new TestReader();
  const events = text.split('\n').map((line) => reader.read(line));
  return { counts: reader.counts, failures: reader.failures, events: events.filter((event) => event !== undefined) };
}

test('passed, failed, skipped and planned tests are counted by their lines', (t) => {
  const { counts, failures } = readAll(
    [
      '',
      '  ✔ a › one (1.2s)',
      '  ✘ [fail]: a › two Rejected promise returned by test',
      '  - [skip] a › three',
      '  - [todo] a › four',
      '  ✔ [expected fail] a › five',
      '  1 test failed',
    ].join('\n'),
  );
  t.deepEqual(counts, { passed: 1, failed: 1, skipped: 3 });
  t.deepEqual(failures, [{ title: 'a › two Rejected promise returned by test', reason: '' }]);
});

test('a file that crashes and a time that is up count as failures', (t) => {
  const { counts } = readAll(
    '  ✘ crash.test.ts exited with a non-zero exit code: 1\n\n✘ Timed out while running tests',
  );
  t.deepEqual(counts, { passed: 0, failed: 2, skipped: 0 });
});

test('what a test logs and the explanation of a failure are kept', (t) => {
  const { counts, events } = readAll(
    "  ✔ sums\n    ℹ worst gap 18 ms\n\n  Difference (- actual, + expected):\n  - 'b'",
  );
  t.deepEqual(counts, { passed: 1, failed: 0, skipped: 0 });
  t.deepEqual(events, [
    { kind: 'passed', text: 'sums' },
    { kind: 'detail', text: '    ℹ worst gap 18 ms' },
    { kind: 'detail', text: '  Difference (- actual, + expected):' },
    { kind: 'detail', text: "  - 'b'" },
  ]);
});

test('each failure has its reason in short: the difference, or the error and where it came from', (t) => {
  const { failures } = readAll(
    `
  ✘ [fail]: a › two as it should be
  ✘ [fail]: a › three Rejected promise returned by test
  ✘ [fail]: a › four
  ─

  a › two

  a.test.ts:4

   3: first line
   4: second line

  as it should be

  Difference (- actual, + expected):

    [
  -   'a',
  +   'b',
    ]

  a › three

  Rejected promise returned by test. Reason:

  Error {
    message: 'not within 10 s',
  }

  Error: not within 10 s
      at wait (file:///wait.ts:3:55)
      at Test.callFn (file:///node_modules/ava/lib/test.js:532:26)

  a › four

  a.test.ts:9

   9: t.true(sums.has('x'));

  Value is not \`true\`:

  false
`,
  );
  t.deepEqual(failures, [
    { title: 'a › two as it should be', reason: "a.test.ts:4 -   'a', +   'b'," },
    {
      title: 'a › three Rejected promise returned by test',
      reason: 'Error: not within 10 s at wait (file:///wait.ts:3:55)',
    },
    { title: 'a › four', reason: 'a.test.ts:9 Value is not `true`:' },
  ]);
});

test('counts of tiers add up', (t) => {
  const sum = sumCounts([
    { passed: 1, failed: 2, skipped: 3 },
    { passed: 10, failed: 20, skipped: 30 },
  ]);
  t.deepEqual(sum, { passed: 11, failed: 22, skipped: 33 });
});
