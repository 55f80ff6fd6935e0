import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { createScratchDirectory } from '../../lab/programs/scratch.ts';

/**
 * A copy of the operator as JavaScript, as an image could have it: Node then never loads its TypeScript parser. Gives the
 * directory to start `operator/main.js` in.
 */
export async function stripOperator(): Promise<string> {
  const directory = await createScratchDirectory();
  await Promise.all([
    symlink(resolve('node_modules'), join(directory, 'node_modules')),
    cp('package.json', join(directory, 'package.json')),
    cp('crds', join(directory, 'crds'), { recursive: true }),
  ]);
  const entries = await readdir('operator', { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  await Promise.all(files.map((path) => copyStripped(path, join(directory, relative('.', path)))));
  return directory;
}

async function copyStripped(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if (!source.endsWith('.ts')) {
    await cp(source, target);
    return;
  }
  const code = stripTypeScriptTypes(await readFile(source, 'utf8'));
  await writeFile(target.replace(/\.ts$/, '.js'), renameImports(code));
}

/** `from './a.ts'` becomes `from './a.js'`; imports of packages have no such ending. */
export function renameImports(code: string): string {
  return code.replaceAll(/((?:from|import)\s*\(?\s*'[^']+)\.ts'/g, "$1.js'");
}
