import { readdir, readFile, stat } from 'node:fs/promises';
import { join, matchesGlob, relative } from 'node:path';

/** A file of a build context; `path` is relative to the context's root. */
export interface ContextFile {
  readonly path: string;
  readonly isExecutable: boolean;
}

/** Answers whether a path of the context is left out of builds. */
export type IsIgnored = (path: string) => boolean;

/** The rules of a .dockerignore: a pattern leaves out what it matches and all below it; `!` takes back; the last match wins. */
export function parseDockerignore(text: string): IsIgnored {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isIgnored: !line.startsWith('!'), pattern: line.replace(/^!/, '').replace(/^\/|\/$/g, '') }));
  return (path) => {
    const rule = rules.findLast(({ pattern }) => withAncestors(path).some((part) => matchesGlob(part, pattern)));
    return rule?.isIgnored ?? false;
  };
}

/** Reads `root`/.dockerignore; nothing is ignored when there is none. */
export async function readDockerignore(root: string): Promise<IsIgnored> {
  return parseDockerignore(await readFile(join(root, '.dockerignore'), 'utf8').catch(() => ''));
}

/** All files of a file or directory of the context, sorted by path. Links are followed for a single file only. */
export async function listFiles(root: string, path: string, isIgnored: IsIgnored): Promise<readonly ContextFile[]> {
  const found = await stat(join(root, path)).catch(() => undefined);
  if (found === undefined) {
    throw new Error(`the Dockerfile copies "${path}", but ${join(root, path)} does not exist`);
  }
  const paths = found.isDirectory() ? await filesBelow(root, path) : [path];
  const kept = paths.filter((file) => !isIgnored(file)).sort();
  return Promise.all(
    kept.map(async (file) => ({ path: file, isExecutable: ((await stat(join(root, file))).mode & 0o111) !== 0 })),
  );
}

async function filesBelow(root: string, path: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function withAncestors(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}
