import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { createScratchDirectory } from '../lab/programs/scratch.ts';
import { copyProgram, toJavaScript } from './image-program.ts';

test('imports of files are renamed, static, dynamic and for their effect alone', (t) => {
  t.is(toJavaScript("import { a } from './a.ts';"), "import { a } from './a.js';");
  t.is(toJavaScript("export * from '#api/b.ts';"), "export * from '#api/b.js';");
  t.is(toJavaScript("await import('./c.ts')"), "await import('./c.js')");
  t.is(toJavaScript("import './d.ts';"), "import './d.js';");
});

test('packages and texts stay as they are', (t) => {
  const code = "import { x } from 'pg'; const file = 'a.ts';";
  t.is(toJavaScript(code), code);
});

test('what is left stands where it stood, so that a stack trace names lines of the sources', (t) => {
  t.is(
    toJavaScript('interface A {\n  b: string;\n}\nexport const c: number = 1;'),
    '             \n            \n \nexport const c         = 1;',
  );
});

test('sources become JavaScript, and other files are copied', async (t) => {
  const [root, output] = [await createScratchDirectory(), await createScratchDirectory()];
  await mkdir(join(root, 'a/b'), { recursive: true });
  await writeFile(
    join(root, 'a/main.ts'),
    "import data from './b/data.json' with { type: 'json' };\nexport default data;",
  );
  await writeFile(join(root, 'a/b/data.json'), '{"x":1}');
  await copyProgram(root, ['a/main.ts', 'a/b/data.json'], output);
  t.is(await readFile(join(output, 'a/b/data.json'), 'utf8'), '{"x":1}');
  t.deepEqual((await import(join(output, 'a/main.js'))).default, { x: 1 });
});
