import test from 'ava';
import { anchorsOf, relativeLinks } from './check-docs.ts';

test('links to files are found with their lines, those to other sites and in code are not', (t) => {
  const text = [
    '[a](docs/a.md) and [b](https://example.com)',
    '`[c](c.md)`',
    '```',
    '[d](d.md)',
    '```',
    '[e](../e.md "E")',
  ].join('\n');
  t.deepEqual(relativeLinks(text), [
    { line: 1, target: 'docs/a.md' },
    { line: 6, target: '../e.md' },
  ]);
});

test('headings become anchors', (t) => {
  t.deepEqual(
    [...anchorsOf('# Add a component in 8 steps\n## `make up`, twice')],
    ['add-a-component-in-8-steps', 'make-up-twice'],
  );
});
