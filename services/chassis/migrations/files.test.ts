import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { readMigrations } from './files.ts';

async function folderWith(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

test('files are read in the order of their numbers', async (t) => {
  const folder = await folderWith(t, {
    '0002-index.sql': '-- phase: expand\n-- transaction: none\ncreate index concurrently if not exists i on a (b);',
    '0001-start.sql': '-- phase: expand\ncreate table a (b int);',
    'README.md': '',
  });
  const migrations = await readMigrations(folder);
  t.like(migrations[0], { version: 1, name: '0001-start', phase: 'expand', isTransactional: true });
  t.like(migrations[1], { version: 2, name: '0002-index', isTransactional: false });
  t.not(migrations[0]?.checksum, migrations[1]?.checksum);
});

test('gaps, doubles, odd names and missing phases are refused with the file’s name', async (t) => {
  const phase = '-- phase: expand\n';
  const faults: readonly [Readonly<Record<string, string>>, RegExp][] = [
    [{ '0002-b.sql': phase }, /0002-b has number 2, expected 1/],
    [{ '0001-a.sql': phase, '0001-b.sql': phase }, /0001-b has number 1, expected 2/],
    [{ '1-a.sql': phase }, /1-a.sql is no migration name/],
    [{ '0001-a.sql': 'create table a ();' }, /first line of 0001-a.sql/],
  ];
  for (const [files, message] of faults) await t.throwsAsync(readMigrations(await folderWith(t, files)), { message });
});
