import { open } from 'node:fs/promises';

/** Enough bytes for the last lines of any log here, without reading a log of gigabytes. */
const tailBytes = 16_384;

/** The last `lines` lines of a log with the log's path above them, for error messages; says so when the log is missing or empty. */
export async function tailOf(path: string, lines: number): Promise<string> {
  const text = await readEnd(path);
  if (text === undefined) {
    return `(no log at ${path})`;
  }
  const last = text.trimEnd().split('\n').slice(-lines);
  if (last.length === 1 && last[0] === '') {
    return `(the log ${path} is empty)`;
  }
  return [`last lines of ${path}:`, ...last.map((line) => `    ${line}`)].join('\n');
}

async function readEnd(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      // `as`: errors of node:fs carry a code.
      return undefined;
    }
    throw error;
  }
}
