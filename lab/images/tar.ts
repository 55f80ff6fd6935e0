import { createReadStream } from 'node:fs';

/** One entry of a layer; `path` is relative, without a leading `./` or a trailing `/`. Owner is always root, time always 0. */
export type TarEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      /** Bytes; must be what the source gives. */
      readonly size: number;
      readonly source: Uint8Array | { readonly file: string };
    };

const blockBytes = 512;
const typeFlags = { file: '0', link: '2', directory: '5', extended: 'x' } as const;

/**
 * A POSIX tar archive (ustar, with pax headers for long paths) of entries in the order given. Equal entries give equal
 * bytes, which is what makes image layers shareable. Fails when a file's size is not what its entry says.
 */
export async function* writeTar(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): AsyncGenerator<Buffer> {
  for await (const entry of entries) {
    yield* header(entry);
    if (entry.kind === 'file') {
      yield* content(entry);
    }
  }
  yield Buffer.alloc(2 * blockBytes);
}

async function* content(entry: Extract<TarEntry, { kind: 'file' }>): AsyncGenerator<Buffer> {
  let written = 0;
  const chunks = 'file' in entry.source ? createReadStream(entry.source.file) : [entry.source];
  // `as`: a stream without an encoding gives bytes.
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    written += chunk.length;
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  }
  if (written !== entry.size) {
    throw new Error(`${entry.path} changed while it was read: ${written} bytes instead of ${entry.size}; run again`);
  }
  yield Buffer.alloc(paddingOf(written));
}

function* header(entry: TarEntry): Generator<Buffer> {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.kind === 'link' ? entry.target : '';
  const records = [...paxRecord('path', path), ...paxRecord('linkpath', target)];
  if (records.length > 0) {
    const body = Buffer.concat(records);
    yield block({ path: 'PaxHeaders/entry', mode: 0o644, size: body.length, type: typeFlags.extended, target: '' });
    yield body;
    yield Buffer.alloc(paddingOf(body.length));
  }
  const mode = entry.kind === 'link' ? 0o777 : entry.mode & 0o7777;
  const size = entry.kind === 'file' ? entry.size : 0;
  yield block({ path, mode, size, type: typeFlags[entry.kind], target });
}

/** Fields of a ustar header hold 100 bytes; what is longer goes into a pax record `<length> key=value\n`. */
function paxRecord(key: string, value: string): readonly Buffer[] {
  if (Buffer.byteLength(value) <= 100) {
    return [];
  }
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return [Buffer.from(`${length} ${key}=${value}\n`)];
}

interface Header {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly target: string;
}

function block({ path, mode, size, type, target }: Header): Buffer {
  const buffer = Buffer.alloc(blockBytes);
  buffer.write(path, 0, 100);
  buffer.write(octal(mode, 7), 100);
  buffer.write(octal(0, 7), 108);
  buffer.write(octal(0, 7), 116);
  buffer.write(octal(size, 11), 124);
  buffer.write(octal(0, 11), 136);
  buffer.write(' '.repeat(8), 148);
  buffer.write(type, 156);
  buffer.write(target, 157, 100);
  buffer.write('ustar\u000000', 257);
  const sum = buffer.reduce((total, byte) => total + byte, 0);
  buffer.write(`${octal(sum, 6)}\0 `, 148);
  return buffer;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}
