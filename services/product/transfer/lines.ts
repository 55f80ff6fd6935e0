/** Lines of a text that comes in pieces. */
import { Buffer } from 'node:buffer';

/** Longest line in bytes: a product with all its variants. */
export const maximumLineBytes = 196_608;

/** A line that is too long to be held; what is in it was skipped. */
export const tooLong = Symbol('too long');

/** The lines without their ends; empty ones as well, so that they can be counted. Memory is bounded by one line and one piece. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | typeof tooLong> {
  let parts: Buffer[] = [];
  let size = 0;
  const take = (): Buffer | typeof tooLong => {
    const line = size > maximumLineBytes ? tooLong : trimEnd(Buffer.concat(parts));
    parts = [];
    size = 0;
    return line;
  };
  const keep = (part: Buffer): void => {
    size += part.length;
    if (size > maximumLineBytes) parts = [];
    else parts.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (size > 0) yield take();
}

function trimEnd(line: Buffer): Buffer {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}
