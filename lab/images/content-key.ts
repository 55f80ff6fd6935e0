import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Hexadecimal digits of a key: 64 bits are enough to tell the few hundred versions of one cache apart. */
const keyLength = 16;

/** A short name for exactly these inputs: equal parts give equal keys, and no two lists of parts are joined the same way. */
export function contentKey(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${typeof part === 'string' ? Buffer.byteLength(part) : part.length}:`).update(part);
  }
  return hash.digest('hex').slice(0, keyLength);
}

/** The key of files by their names below `root` and their contents, in the order given: the same in every checkout. */
export async function filesKey(root: string, names: readonly string[]): Promise<string> {
  const parts = await Promise.all(names.map(async (name) => [name, await readFile(join(root, name))]));
  return contentKey(...parts.flat());
}
