import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Generator } from './generators.ts';

/** Paths whose file is missing or differs from what its generator makes now. */
export function findStale(root: string, generators: readonly Generator[]): readonly string[] {
  return generators.filter(({ path, render }) => read(join(root, path)) !== render()).map(({ path }) => path);
}

/** Writes what differs and returns those paths; an unchanged file keeps its time. */
export function writeStale(root: string, generators: readonly Generator[]): readonly string[] {
  const stale = findStale(root, generators);
  for (const { path, render } of generators.filter((generator) => stale.includes(generator.path))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), render());
  }
  return stale;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error: unknown) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
