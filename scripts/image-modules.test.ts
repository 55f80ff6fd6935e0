import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import test from 'ava';
import { importedPackages, isShipped, modulePaths } from './image-modules.ts';

const root = dirname(import.meta.dirname);

/** Packages that the shipped files of a folder import at run time. */
async function importsOf(folder: string): Promise<readonly string[]> {
  const paths = await readdir(join(root, folder), { recursive: true });
  const sources = paths.filter(
    (path) => path.endsWith('.ts') && !/\.(test|e2e)\.ts$|(^|\/)testing(\/|\.ts$)/.test(path),
  );
  const texts = await Promise.all(sources.map((path) => readFile(join(root, folder, path), 'utf8')));
  const specifiers = texts.flatMap((text) => [
    ...[...text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?\bfrom\s+'([^'.#][^']*)'/gm)].map(
      (match) => match[1] ?? '',
    ),
    ...[...text.matchAll(/\bimport\(\s*'([^'.#][^']*)'/g)].map((match) => match[1] ?? ''),
  ]);
  const packages = specifiers.map((name) =>
    name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/'),
  );
  return [...new Set(packages)].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name)).sort();
}

for (const [set, folder] of [
  ['services', 'services'],
  ['operator', 'operator'],
] as const) {
  test(`the image of ${set} has every package that its sources import`, async (t) => {
    const listed: readonly string[] = importedPackages[set];
    t.deepEqual(
      (await importsOf(folder)).filter((name) => !listed.includes(name)),
      [],
    );
  });

  test(`every package listed for ${set} is in package.json, and what it needs in package-lock.json`, async (t) => {
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    t.deepEqual(
      importedPackages[set].filter((name) => dependencies[name] === undefined),
      [],
    );
    const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
    t.notThrows(() => modulePaths(packages, importedPackages[set]));
  });
}

test('every dependency is in an image, and is used there', async (t) => {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const shipped = new Set<string>(Object.values(importedPackages).flat());
  t.deepEqual(Object.keys(dependencies).toSorted(), [...shipped].toSorted());
  const imported = new Set([...(await importsOf('services')), ...(await importsOf('operator'))]);
  // Its parts are loaded one by one, by services/chassis/http/undici.ts.
  imported.add('undici');
  t.deepEqual([...imported].toSorted(), [...shipped].toSorted());
});

test('the nearest version of a package is taken, and optional ones only when they are locked', (t) => {
  const locked = {
    'node_modules/a': { dependencies: { b: '1' }, optionalDependencies: { absent: '1' } },
    'node_modules/a/node_modules/b': { version: '1' },
    'node_modules/b': { version: '2' },
    'node_modules/unrelated': {},
  };
  t.deepEqual(modulePaths(locked, ['a']), ['node_modules/a', 'node_modules/a/node_modules/b']);
});

test('a package that the lock file lacks is an error that names who needs it', (t) => {
  t.throws(() => modulePaths({ 'node_modules/a': { dependencies: { gone: '1' } } }, ['a']), {
    message: /node_modules\/a needs "gone"/,
  });
});

test('declarations, maps, documents and tests of a package stay out', (t) => {
  t.deepEqual(
    [
      'index.js',
      'index.d.ts',
      'index.js.map',
      'README.md',
      'LICENSE',
      'test/a.js',
      'lib/test/a.js',
      'node_modules/x/i.js',
    ].filter(isShipped),
    ['index.js', 'LICENSE', 'lib/test/a.js'],
  );
});
