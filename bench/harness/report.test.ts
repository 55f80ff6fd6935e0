import test from 'ava';
import { toMarkdown } from './markdown.ts';
import { atMost, exactly, format, keepsTarget, type Ratio } from './report.ts';

const aRatio = (rest: Partial<Ratio>): Ratio => ({
  what: 'ours / theirs',
  median: 0.5,
  lowest: 0.4,
  highest: 0.6,
  pairs: 12,
  target: { bound: 'at most', value: 0.4 },
  isTooNoisy: false,
  ...rest,
});

test('gates keep or break by their count alone', (t) => {
  t.true(atMost('handshakes', 12, 12).isKept);
  t.false(atMost('handshakes', 13, 12).isKept);
  t.false(exactly('writes', 2, 1).isKept);
});

test('a ratio is judged by its median, and not at all when the run was too noisy', (t) => {
  t.false(keepsTarget(aRatio({})));
  t.true(keepsTarget(aRatio({ target: { bound: 'at least', value: 0.4 } })));
  t.is(keepsTarget(aRatio({ isTooNoisy: true })), undefined);
  t.is(keepsTarget(aRatio({ target: undefined })), undefined);
});

test('numbers are shown with three significant digits', (t) => {
  t.is(format(1234.5), '1230');
  t.is(format(0.04567), '0.0457');
  t.is(format(1234), '1234');
});

test('a broken gate and a missed target catch the eye', (t) => {
  const text = toMarkdown({
    name: 'toy',
    title: 'a toy',
    gates: [exactly('writes', 2, 1)],
    ratios: [aRatio({})],
    tables: [{ title: 'Rows', columns: ['a', 'b'], rows: [['x', 0.5]] }],
    notes: ['A note.'],
  });
  t.regex(text, /\| writes \| 2 \| exactly 1 \| \*\*BROKEN\*\* \|/);
  t.regex(text, /\| ours \/ theirs \| 0\.5 \| 0\.4 \| 0\.6 \| 12 \| at most 0\.4 \| missed \|/);
  t.regex(text, /Rows\n\n\| a \| b \|\n\| --- \| --- \|\n\| x \| 0\.5 \|/);
});
