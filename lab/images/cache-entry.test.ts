import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { cacheEntry, pruneEntries } from './cache-entry.ts';
import { aDirectory } from './testing.ts';

test('an entry is made once, also by several at the same time', async (t) => {
  const folder = await aDirectory(t);
  let made = 0;
  const make = async (draft: string) => {
    made += 1;
    await writeFile(join(draft, 'value'), 'x');
  };
  const paths = await Promise.all([1, 2, 3].map(() => cacheEntry(join(folder, 'key'), make)));
  t.is(made, 1);
  t.is(await readFile(join(paths[2] ?? '', 'value'), 'utf8'), 'x');
});

test('an entry that could not be made leaves nothing behind and can be made later', async (t) => {
  const folder = await aDirectory(t);
  const failing = cacheEntry(join(folder, 'key'), () => Promise.reject(new Error('no disk')));
  await t.throwsAsync(failing, { message: 'no disk' });
  t.deepEqual(await readdir(folder), []);
  await t.notThrowsAsync(cacheEntry(join(folder, 'key'), async () => undefined));
});

test('pruning keeps the newest and what was used a moment ago', async (t) => {
  const folder = await aDirectory(t);
  for (const [index, name] of ['old', 'older', 'oldest', 'new'].entries()) {
    await mkdir(join(folder, name));
    const usedAt = new Date(Date.now() - (name === 'new' ? 0 : (index + 2) * 3_600_000));
    await utimes(join(folder, name), usedAt, usedAt);
  }
  await pruneEntries(folder, 2);
  t.deepEqual((await readdir(folder)).sort(), ['new', 'old']);
  await pruneEntries(folder, 0);
  t.deepEqual(await readdir(folder), ['new']);
});

test('pruning a folder that is not there does nothing', async (t) => {
  t.deepEqual(await pruneEntries(join(await aDirectory(t), 'none'), 0), []);
});
