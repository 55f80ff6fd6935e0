/** Puts answers on the wire. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RequestContext } from '../context.ts';
import { type ProblemError, toProblemDocument } from '../problem.ts';

/** What is known of the request when its answer is sent. */
export type Asked = Pick<RequestContext, 'requestId' | 'responseHeaders'>;

/**
 * Sends status and headers: those that were gathered while the request was served, and `headers`, which win. All at once: to set
 * ten of them one by one costs as much CPU as the router, the checks of the input and the handler together.
 */
export function beginResponse(
  response: ServerResponse,
  { responseHeaders }: Asked,
  status: number,
  headers: OutgoingHttpHeaders,
): void {
  const vary = [responseHeaders['vary'], headers['vary']].filter((value) => value !== undefined);
  const joined = vary.length < 2 ? {} : { vary: vary.join(', ') };
  response.writeHead(status, { ...responseHeaders, ...headers, ...joined });
}

/** Writes the whole response. Does nothing when a response was begun: the caller must then cut the connection. */
export function sendProblem(response: ServerResponse, problem: ProblemError, asked: Asked): void {
  if (response.headersSent) return;
  const body = JSON.stringify(toProblemDocument(problem, asked.requestId));
  beginResponse(response, asked, problem.status, {
    ...problem.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
