/** Reads a JSON body with limits on everything that costs memory or time. */
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../problem.ts';
import type { BodyDeclaration } from './route.ts';
import { assertStorableText } from './validation.ts';

/** Longest body unless the route says otherwise. */
export const defaultBodyLimitBytes = 65_536;

/** Deepest nesting of a body: ours need 5, attacks on recursive code need thousands. */
const maximumDepth = 20;
/** Longest array in a body. */
const maximumArrayLength = 1000;

/** The parsed body. Throws `unsupported-media-type`, `payload-too-large` or `malformed-request`. */
export async function readJsonBody(request: IncomingMessage, declaration: BodyDeclaration): Promise<unknown> {
  assertMediaType(request, ['application/json', ...(declaration.mediaTypes ?? [])]);
  const bytes = await readBytes(request, declaration.limitBytes ?? defaultBodyLimitBytes);
  const value = parse(bytes);
  assertSafe(value, '#', 0);
  return value;
}

function assertMediaType(request: IncomingMessage, accepted: readonly string[]): void {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (encoding !== 'identity') throw new ProblemError('unsupported-media-type', 'the body must not be compressed');
  if (!accepted.includes(mediaType)) {
    const got = mediaType === '' ? 'nothing' : mediaType;
    throw new ProblemError('unsupported-media-type', `Content-Type is ${got}; send ${accepted.join(' or ')}`);
  }
}

async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  // Refused before a byte is read when the client says that it is too long.
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      // no encoding is set, so chunks are buffers
      size += chunk.length;
      if (size > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('malformed-request', 'the body ended before it was complete', { cause: error });
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The rest of the body is not read, so the connection cannot be used again. */
function tooLarge(limitBytes: number): ProblemError {
  const headers = { connection: 'close' };
  return new ProblemError('payload-too-large', `the body may have ${limitBytes} bytes`, { headers });
}

function parse(bytes: Buffer): unknown {
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
