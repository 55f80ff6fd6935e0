import { mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { run } from '../programs/run.ts';
import { type TarEntry, writeTar } from './tar.ts';
import { aDirectory } from './testing.ts';

const long = `deep/${'x'.repeat(90)}/${'y'.repeat(90)}.js`;

const entries = (source: string): readonly TarEntry[] => [
  { kind: 'directory', path: 'bin', mode: 0o755 },
  { kind: 'file', path: 'bin/tool', mode: 0o755, size: 5, source: { file: source } },
  { kind: 'link', path: 'bin/alias', target: 'tool' },
  { kind: 'file', path: long, mode: 0o644, size: 6, source: Buffer.from('grüß') },
];

test('tar unpacks what was written: files, modes, links and long paths', async (t) => {
  const directory = await aDirectory(t, { source: 'hello' });
  const archive = join(directory, 'layer.tar');
  await writeFile(archive, writeTar(entries(join(directory, 'source'))));
  await mkdir(join(directory, 'out'));
  await run(['tar', '-xf', archive, '-C', join(directory, 'out')]);
  t.is(await readFile(join(directory, 'out/bin/tool'), 'utf8'), 'hello');
  t.is((await stat(join(directory, 'out/bin/tool'))).mode & 0o777, 0o755);
  t.is(await readlink(join(directory, 'out/bin/alias')), 'tool');
  t.is(await readFile(join(directory, 'out', long), 'utf8'), 'grüß');
});

test('equal entries give equal bytes in whole blocks', async (t) => {
  const directory = await aDirectory(t, { source: 'hello' });
  const write = () => buffer(writeTar(entries(join(directory, 'source'))));
  const bytes = await write();
  t.deepEqual(bytes, await write());
  t.is(bytes.length % 512, 0);
});

test('a file that changed its size since it was listed is an error with its path', async (t) => {
  const directory = await aDirectory(t, { source: 'longer than five' });
  await t.throwsAsync(buffer(writeTar(entries(join(directory, 'source')))), {
    message: /bin\/tool changed.*16 bytes instead of 5/,
  });
});
