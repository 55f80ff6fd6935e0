import type { Readable } from 'node:stream';
import { toNetworkError, toStatusError } from './error-translation.ts';
import { isRecord, recordOf, textOf } from './json.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Transport } from './transport.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: Readonly<Record<string, unknown>>;
}

export interface WatchRequest {
  readonly transport: Transport;
  /** Path with query. */
  readonly path: string;
  readonly resource: string;
  /** The connection is given up after so long without a byte, milliseconds. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** The server has accepted the watch. */
  readonly onOpen: () => void;
  readonly onEvent: (event: WatchEvent) => void;
}

/**
 * Opens one watch and hands its events over, in order, until the server ends it (resolves) or it breaks (rejects with
 * an error of `errors.ts`: an `ERROR` event, a reset, silence).
 */
export async function streamWatch(request: WatchRequest): Promise<void> {
  const { transport, path, resource, signal } = request;
  const operation = { verb: 'watch', resource, subject: resource };
  const abandon = new AbortController();
  const either = AbortSignal.any([signal, abandon.signal]);
  const watchdog = setTimeout(
    () => abandon.abort(new Error(`no byte from the server for ${request.silenceMs} ms`)),
    request.silenceMs,
  );
  watchdog.unref();
  try {
    const stream = await transport.stream({ path, operation, signal: either });
    request.onOpen();
    await readEvents(stream, request, () => watchdog.refresh());
  } catch (error) {
    throw either.aborted ? toNetworkError(`watch ${resource}`, either.reason) : error;
  } finally {
    clearTimeout(watchdog);
    // Ends the connection also when an ERROR event made us leave in the middle of the stream.
    abandon.abort(new Error('left'));
  }
}

async function readEvents(stream: Readable, request: WatchRequest, onBytes: () => void): Promise<void> {
  const splitter = new LineSplitter();
  try {
    for await (const chunk of stream) {
      onBytes();
      for (const line of splitter.push(chunk)) {
        request.onEvent(parseEvent(line, request.resource));
      }
    }
  } catch (error) {
    throw isTranslated(error) ? error : toNetworkError(`watch ${request.resource}`, error);
  }
}

function isTranslated(error: unknown): boolean {
  return error instanceof Error && 'operation' in error;
}

function parseEvent(line: string, resource: string): WatchEvent {
  const event = recordOf(JSON.parse(line));
  const type = textOf(event['type']);
  const object = event['object'];
  if (type === 'ERROR') {
    throw toStatusError(`watch ${resource}`, object);
  }
  if (!isKnownType(type) || !isRecord(object)) {
    throw new Error(`a line that is no watch event: ${line.slice(0, 100)}`);
  }
  return { type, object };
}

function isKnownType(type: string | undefined): type is WatchEvent['type'] {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
}
