/**
 * Writes the sources that a shipped image runs as JavaScript, so that its processes never load Node's TypeScript parser
 * (14 MiB of each, docs/adr/0016-memory.md):
 *
 *     node scripts/image-program.ts <output directory> <file or folder>…
 *
 * Types are replaced by spaces, so lines and columns of a stack trace are those of the sources. The Dockerfile runs it, and
 * the lab runs it on the checkout. It imports nothing that is not part of Node, so that it runs before anything is
 * installed.
 */
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** Writes the files, given by paths below `root`, to the same paths below `output`; those of TypeScript as JavaScript. */
export async function copyProgram(root: string, files: readonly string[], output: string): Promise<void> {
  await Promise.all(files.map((path) => copySource(join(root, path), join(output, path))));
}

async function copySource(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if (source.endsWith('.ts')) {
    await writeFile(javascriptName(target), toJavaScript(await readFile(source, 'utf8')));
  } else {
    await copyFile(source, target);
  }
}

/** The name of a source in an image. */
export function javascriptName(path: string): string {
  return path.replace(/\.ts$/, '.js');
}

/** The same program without types. Its imports name files as they are called in the image; packages have no such ending. */
export function toJavaScript(code: string): string {
  return stripTypeScriptTypes(code).replaceAll(/((?:from|import)\s*\(?\s*'[^']+)\.ts'/g, "$1.js'");
}

async function filesBelow(root: string, path: string): Promise<readonly string[]> {
  if ((await stat(join(root, path))).isFile()) {
    return [path];
  }
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

if (import.meta.main) {
  const [output, ...sources] = process.argv.slice(2);
  if (output === undefined || sources.length === 0) {
    throw new Error('usage: node scripts/image-program.ts <output directory> <file or folder>…');
  }
  const root = process.cwd();
  const files = await Promise.all(sources.map((source) => filesBelow(root, source)));
  await copyProgram(root, files.flat(), output);
}
