import { cp, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { createScratchDirectory } from '../lab/programs/scratch.ts';
import { keepOneLanguage, standInFor, standIns, writeStandIns } from './image-stand-ins.ts';

const modules = resolve(import.meta.dirname, '../node_modules');
const library = createRequire(import.meta.url).resolve(standInFor);

async function installed(): Promise<string> {
  const directory = join(await createScratchDirectory(), 'node_modules');
  await cp(join(modules, standInFor), join(directory, standInFor), { recursive: true });
  await writeStandIns(directory);
  return directory;
}

test('every name that the library takes from them is there', async (t) => {
  const code = await readFile(library, 'utf8');
  const names = (variable: string) =>
    [
      ...new Set([...code.matchAll(new RegExp(`(?<![.\\w])${variable}\\.(\\w+)`, 'g'))].map((match) => match[1])),
    ].sort();
  const require = createRequire(join(await installed(), standInFor, 'package.json'));
  const exported = (name: string) => Object.keys(require(name)).sort();
  t.deepEqual(exported('@kubernetes/client-node'), [...new Set([...names('k8s'), ...names('client_node_1')])].sort());
  t.deepEqual(exported('gaxios'), names('gaxios_1'));
  t.deepEqual(exported('async'), names('Async'));
  t.deepEqual(Object.keys(standIns).sort(), ['@kubernetes/client-node', 'async', 'gaxios']);
});

test('the library can be made with them, and what is overridden refuses', async (t) => {
  const path = join(await installed(), standInFor, 'dist', library.slice(dirname(library).length + 1));
  const { default: Operator } = createRequire(import.meta.url)(path);
  const operator = new (class extends Operator {
    init() {}
  })();
  await t.throwsAsync(operator['registerCustomResourceDefinition']('package.json'), {
    message: /loadYaml is not part of the operator image/,
  });
});

test('zod says the same with one language', async (t) => {
  const directory = join(await createScratchDirectory(), 'node_modules');
  await cp(join(modules, 'zod'), join(directory, 'zod'), { recursive: true });
  await keepOneLanguage(directory);
  const { z: small } = await import(join(directory, 'zod/index.js'));
  const fault = (zod: typeof z) =>
    zod.strictObject({ count: zod.int().min(1) }).safeParse({ count: 0, x: 1 }).error?.issues;
  t.deepEqual(fault(small), fault(z));
  t.deepEqual(Object.keys(small.locales), ['en']);
  t.true(Object.keys(z.locales).length > 40);
  t.deepEqual(Object.keys(createRequire(join(directory, 'x.js'))('zod').z.locales), ['en']);
});
