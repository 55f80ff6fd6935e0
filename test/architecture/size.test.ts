import { readFileSync } from 'node:fs';
import test from 'ava';
import { readSources } from './source-files.ts';

const maxLines = 400;
const maxTestLines = 600;

test('no file is longer than 400 lines, no test longer than 600', (t) => {
  const tooLong = readSources('operator', 'services', 'lab', 'scripts', 'test', 'bench')
    .filter(({ path }) => !path.includes('/generated/'))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > (/\.(test|e2e)\.ts$/.test(path) ? maxTestLines : maxLines))
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  t.deepEqual(tooLong, [], 'Split the file by what its parts are about; a newcomer must find each by its name.');
});

test('every lint rule that is switched off in place says why', (t) => {
  const silent = readSources('operator', 'services', 'lab', 'scripts', 'test', 'bench').flatMap(({ path, text }) =>
    text
      .split('\n')
      .filter(
        (line) =>
          /biome-ignore|oxlint-disable|@ts-expect-error|@ts-ignore/.test(line) && !line.includes('/biome-ignore|'),
      )
      .filter((line) => !/(biome-ignore [^:]+: \S|oxlint-disable[\w-]* [^-]+-- \S|@ts-expect-error \S)/.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
  t.deepEqual(silent, [], 'Write the reason behind the suppression.');
});

test('fragile libraries are pinned exactly', (t) => {
  const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
  // package.json is ours.
  const { dependencies } = manifest as { dependencies: Record<string, string> };
  for (const name of ['@kubernetes/client-node', '@dot-i/k8s-operator', 'kafkajs', 'undici']) {
    t.regex(dependencies[name] ?? '', /^\d+\.\d+\.\d+$/, `${name} changes behaviour in patch releases: pin it`);
  }
});
