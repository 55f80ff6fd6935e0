/** Reads a JSON body with limits on everything that costs memory or time. */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { ProblemError } from '../problem.ts';
import type { BodyDeclaration } from './route.ts';
import { assertStorableText } from './validation.ts';

/** Longest body unless the route says otherwise. */
export const defaultBodyLimitBytes = 65_536;

/** Deepest nesting of a body: ours need 5, attacks on recursive code need thousands. */
const maximumDepth = 20;
/** Longest array in a body. */
const maximumArrayLength = 1000;

/** A body that its handler reads piece by piece. */
export interface ByteStream {
  readonly mediaType: string;
  /** Throws `payload-too-large` behind the limit and `malformed-request` when the caller leaves before the end. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** Schema of such a body; what is in it is the handler's to check. */
export const byteStream = z.custom<ByteStream>();

/** The body, unread. Throws `unsupported-media-type` or `payload-too-large`. */
export function openByteStream(request: IncomingMessage, declaration: BodyDeclaration): ByteStream {
  const mediaType = assertMediaType(request, declaration.mediaTypes ?? []);
  return { mediaType, chunks: limited(request, declaration.limitBytes ?? defaultBodyLimitBytes) };
}

/** The parsed body. Throws `unsupported-media-type`, `payload-too-large` or `malformed-request`. */
export async function readJsonBody(request: IncomingMessage, declaration: BodyDeclaration): Promise<unknown> {
  assertMediaType(request, ['application/json', ...(declaration.mediaTypes ?? [])]);
  return parseJson(await readBytes(request, declaration.limitBytes ?? defaultBodyLimitBytes));
}

/** JSON from outside; throws `malformed-request` when it is none, or holds what programs and stores stumble over. */
export function parseJson(bytes: Uint8Array): unknown {
  const value = parse(bytes);
  assertSafe(value, '#', 0);
  return value;
}

/** The media type without its parameters. */
function assertMediaType(request: IncomingMessage, accepted: readonly string[]): string {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (encoding !== 'identity') throw new ProblemError('unsupported-media-type', 'the body must not be compressed');
  if (!accepted.includes(mediaType)) {
    const got = mediaType === '' ? 'nothing' : mediaType;
    throw new ProblemError('unsupported-media-type', `Content-Type is ${got}; send ${accepted.join(' or ')}`);
  }
  return mediaType;
}

/** Refuses before a byte is read when the client says that it is too long. */
function limited(request: IncomingMessage, limitBytes: number): AsyncIterable<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  return countBytes(request, limitBytes);
}

async function* countBytes(request: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of request) {
      // no encoding is set, so chunks are buffers
      size += chunk.length;
      if (size > limitBytes) throw tooLarge(limitBytes);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('malformed-request', 'the body ended before it was complete', { cause: error });
  }
}

async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of limited(request, limitBytes)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The rest of the body is not read, so the connection cannot be used again. */
function tooLarge(limitBytes: number): ProblemError {
  const headers = { connection: 'close' };
  return new ProblemError('payload-too-large', `the body may have ${limitBytes} bytes`, { headers });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw new ProblemError('malformed-request', `the body is not JSON: ${reason}`, { cause: error });
  }
}

function assertSafe(value: unknown, pointer: string, depth: number): void {
  if (typeof value === 'string') assertStorableText(value, `the value at ${pointer}`);
  if (typeof value !== 'object' || value === null) return;
  if (depth === maximumDepth)
    throw new ProblemError('malformed-request', `the body is nested deeper than ${maximumDepth}`);
  if (Array.isArray(value) && value.length > maximumArrayLength) {
    throw new ProblemError('malformed-request', `the array at ${pointer} has more than ${maximumArrayLength} entries`);
  }
  for (const [key, inner] of Object.entries(value)) {
    assertSafeKey(key, pointer);
    assertSafe(inner, `${pointer}/${key}`, depth + 1);
  }
}

/** `__proto__` as data turns into inheritance when code copies it carelessly. */
function assertSafeKey(key: string, pointer: string): void {
  if (key === '__proto__') throw new ProblemError('malformed-request', `${pointer} has a member named __proto__`);
  assertStorableText(key, `a member name in ${pointer}`);
}
