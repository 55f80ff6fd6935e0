import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { listFiles, parseDockerignore } from './context-files.ts';
import { aDirectory } from './testing.ts';

test('a pattern leaves out what it matches and all below it', (t) => {
  const isIgnored = parseDockerignore('docs\n**/*.test.ts\n# comment\n');
  t.true(isIgnored('docs/adr/0001.md'));
  t.true(isIgnored('services/cart/cart.test.ts'));
  t.false(isIgnored('services/cart/cart.ts'));
  t.false(isIgnored('services/docs/page.md'));
});

test('a later exception takes a file back', (t) => {
  const isIgnored = parseDockerignore('lab\n!lab/kept.ts');
  t.true(isIgnored('lab/main.ts'));
  t.false(isIgnored('lab/kept.ts'));
});

test('files of a directory come sorted, with their right to run, without the ignored ones', async (t) => {
  const root = await aDirectory(t, { 's/b.ts': '', 's/a/run.sh': '', 's/a.test.ts': '' });
  await chmod(join(root, 's/a/run.sh'), 0o755);
  t.deepEqual(await listFiles(root, 's', parseDockerignore('**/*.test.ts')), [
    { path: 's/a/run.sh', isExecutable: true },
    { path: 's/b.ts', isExecutable: false },
  ]);
});

test('a source that does not exist is an error with its path', async (t) => {
  await t.throwsAsync(
    listFiles(await aDirectory(t), 'services/none', () => false),
    { message: /services\/none.*does not exist/ },
  );
});
