/**
 * Checks that every relative link of every Markdown document leads to a file or folder of the project, and to a heading
 * where it names one; prints the dead ones and ends with exit code 1.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A link of a document, as written. */
export interface Link {
  readonly line: number;
  readonly target: string;
}

/** The relative links of a Markdown text; links to other sites and code blocks are left out. */
export function relativeLinks(text: string): readonly Link[] {
  const links: Link[] = [];
  let isInCode = false;
  for (const [index, line] of text.split('\n').entries()) {
    isInCode = /^\s*```/.test(line) ? !isInCode : isInCode;
    if (!isInCode) {
      const targets = line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)(?:\s"[^"]*")?\)/g);
      links.push(...[...targets].map((match) => ({ line: index + 1, target: match[1] ?? '' })));
    }
  }
  return links.filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The anchors of a document's headings, as code hosting sites make them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.matchAll(/^#+\s+(.*)$/gm);
  return new Set([...headings].map(([, title = '']) => toAnchor(title)));
}

function toAnchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

async function deadLinks(document: string): Promise<readonly string[]> {
  const links = relativeLinks(await readFile(document, 'utf8'));
  const checked = await Promise.all(
    links.map(async ({ line, target }) =>
      (await isAlive(document, target)) ? [] : [`${document}:${line}: ${target}`],
    ),
  );
  return checked.flat();
}

async function isAlive(document: string, target: string): Promise<boolean> {
  const [path = '', anchor] = decodeURIComponent(target).split('#');
  const file = path === '' ? document : join(dirname(document), path);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || anchor === undefined || !file.endsWith('.md')) {
    return found !== undefined;
  }
  return anchorsOf(await readFile(file, 'utf8')).has(anchor);
}

if (import.meta.main) {
  const { stdout } = await promisify(execFile)('git', [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '*.md',
  ]);
  const documents = stdout.split('\n').filter((name) => name !== '');
  const dead = (await Promise.all(documents.map(deadLinks))).flat();
  console.log(dead.length === 0 ? `${documents.length} documents, no dead links` : `dead links:\n${dead.join('\n')}`);
  process.exit(dead.length === 0 ? 0 : 1);
}
