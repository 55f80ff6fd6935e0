import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createProgress, formatElapsed } from './progress.ts';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 40, write: (text: string) => written.push(text), text: () => written.join('') };
}

test('times are short to read', (t) => {
  t.is(formatElapsed(4_230), '4.2s');
  t.is(formatElapsed(59_900), '59.9s');
  t.is(formatElapsed(185_000), '3m05s');
});

test('without a terminal a step is a line at its start, at each new detail and at its end', async (t) => {
  const output = recorder(false);
  const result = await createProgress(output).step('make', async (step) => {
    step.detail('one');
    step.detail('one');
    step.detail('two');
    return 42;
  });
  t.is(result, 42);
  const lines = output.text().trimEnd().split('\n');
  t.deepEqual(
    lines.map((line) => line.replaceAll(/\d+\.\ds/g, 'T')),
    ['… make', '  make: one (T)', '  make: two (T)', '✓ make T'],
  );
});

test('on a terminal a step is one line, never longer than the terminal', async (t) => {
  const output = recorder(true);
  await createProgress(output).step('make', async (step) => step.detail('x'.repeat(200)));
  t.is(output.text().split('\n').length, 2);
  for (const line of output.text().split('\r')) {
    t.true(line.replace('\u001b[2K', '').trimEnd().length < 40);
  }
});

test('a failed step shows the end of its log and where it is, and rejects with the error', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'progress-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'work.log');
  await writeFile(path, Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n'));
  const output = recorder(false);
  const failing = createProgress(output).step('make', (step) => {
    step.log(path);
    return Promise.reject(new Error('broken'));
  });
  await t.throwsAsync(failing, { message: 'broken' });
  t.regex(output.text(), /✗ make/);
  t.true(output.text().includes(`last lines of ${path}`));
  t.regex(output.text(), /line 99\n$/);
  t.notRegex(output.text(), /line 50\n/);
});
