/** The request body on its way to a service: counted, never collected. */
import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { ProblemError } from '#chassis/problem.ts';

/**
 * The body to send on, or null when there is none. Throws `payload-too-large` when its declared length is over the limit; a
 * chunked body that grows over it fails with the same error while it is sent.
 */
export function limitedBody(request: IncomingMessage, limitBytes: number): Readable | null {
  const declared = request.headers['content-length'];
  if (declared === undefined && request.headers['transfer-encoding'] === undefined) return null;
  if (declared === undefined) return request.pipe(countingTransform(limitBytes));
  const length = Number(declared);
  if (length > limitBytes) throw tooLarge(limitBytes);
  // Node's parser delivers exactly the declared length, so there is nothing left to count.
  return length === 0 ? null : request;
}

function countingTransform(limitBytes: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limitBytes) done(tooLarge(limitBytes));
      else done(null, chunk);
    },
  });
}

/** The rest is not read, so the connection cannot be used again. */
function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError('payload-too-large', `the body may have ${limitBytes} bytes`, {
    headers: { connection: 'close' },
  });
}
