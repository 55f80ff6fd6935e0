import test from 'ava';
import { renameImports } from './stripped-copy.ts';

test('imports of files are renamed, static, dynamic and for their effect alone', (t) => {
  t.is(renameImports("import { a } from './a.ts';"), "import { a } from './a.js';");
  t.is(renameImports("export * from '#api/b.ts';"), "export * from '#api/b.js';");
  t.is(renameImports("await import('./c.ts')"), "await import('./c.js')");
  t.is(renameImports("import './d.ts';"), "import './d.js';");
});

test('packages and texts stay as they are', (t) => {
  t.is(renameImports("import { x } from 'pg'; const file = 'a.ts';"), "import { x } from 'pg'; const file = 'a.ts';");
});
