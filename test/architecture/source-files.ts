import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** One TypeScript file of the project, as the architecture tests see it. */
export interface SourceFile {
  /** Path from the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Imported modules: project files by path from the root, packages by name. */
  readonly imports: readonly string[];
}

const aliases: Readonly<Record<string, string>> = {
  '#api/': 'operator/api/',
  '#chassis/': 'services/chassis/',
  '#contracts/': 'services/contracts/',
  '#lab/': 'lab/',
};

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;]*?\bfrom\s+'([^']+)'|\bimport\(\s*'([^']+)'|(?:^|\n)import\s+'([^']+)'/g;

/** Every `.ts` file below the given folders. */
export function readSources(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`))
    .filter((path) => !path.includes('node_modules'))
    .sort()
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      return { path, text, imports: [...text.matchAll(importPattern)].map((match) => resolve(path, match)) };
    });
}

function resolve(from: string, match: RegExpMatchArray): string {
  const specifier = match[1] ?? match[2] ?? match[3] ?? '';
  if (specifier.startsWith('.')) {
    return normalize(join(dirname(from), specifier));
  }
  const alias = Object.keys(aliases).find((prefix) => specifier.startsWith(prefix));
  return alias === undefined ? specifier : `${aliases[alias]}${specifier.slice(alias.length)}`;
}
