import { globSync, readFileSync } from 'node:fs';
import test from 'ava';
import { componentReasons, eventReasons, reasons } from '../../operator/api/v1beta1/conditions.ts';
import { renderConditionsPage } from './conditions-page.ts';

const documented = new Set([...Object.keys(reasons), ...Object.keys(componentReasons), ...Object.keys(eventReasons)]);

/** Words given as `reason: 'Word'`, or as first word to a function that makes a readiness, a hold or a warning. */
function wordsOf(text: string): readonly string[] {
  const fields = [...text.matchAll(/\breason: ((?:\|?\s*'[A-Z]\w+'\s*)+)/g)].flatMap(
    ([, list = '']) => list.match(/\w+/g) ?? [],
  );
  const calls = text.matchAll(/\b(?:progressing|failed|stalled|hold|when|paused)\((?:[^'()]*?,)?\s*'([A-Z]\w+)'/g);
  return [...fields, ...[...calls].map(([, word = '']) => word)];
}

test('every reason in the code has its line in the reference', (t) => {
  const files = globSync('operator/{components,engine,objects}/**/*.ts').filter((path) => !path.endsWith('.test.ts'));
  const missing = files.flatMap((path) =>
    wordsOf(readFileSync(path, 'utf8'))
      .filter((word) => !documented.has(word))
      .map((word) => `${word} (${path})`),
  );
  t.deepEqual(missing, [], 'Add the reason and its meaning to operator/api/v1beta1/conditions.ts.');
});

test('reasons are one CamelCase word and meanings are sentences', (t) => {
  for (const [word, meaning] of Object.entries({ ...reasons, ...componentReasons, ...eventReasons })) {
    t.regex(word, /^[A-Z][A-Za-z]{1,63}$/);
    t.regex(meaning, /^[A-Z].*\.$/, word);
  }
});

test('the page has a row for each word', (t) => {
  const page = renderConditionsPage('header');
  for (const word of documented) {
    t.true(page.includes(`| \`${word}\` |`), word);
  }
});
