import { createInterface } from 'node:readline';
import type { Kind } from '../../operator/api/kinds.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import { collectionPath } from '../../operator/kube/paths.ts';
import type { Admin } from './admin.ts';

/** An object as a watch tells of it, with the moment of arrival. */
export interface Change {
  readonly type: string;
  readonly object: KubernetesObject;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/** A watch of one kind in all namespaces, for whoever measures when something happens. */
export interface ChangeFeed extends AsyncDisposable {
  /** Resolves with the first change from now on that is accepted; rejects when none comes in 30 s. */
  next(accept: (change: Change) => boolean): Promise<Change>;
}

const timeoutMs = 30_000;

/** Opens the watch; changes from now on are seen. */
export async function openChangeFeed({ transport, client }: Admin, kind: Kind): Promise<ChangeFeed> {
  const stop = new AbortController();
  await client.list(kind);
  const stream = await transport.stream({
    path: `${collectionPath(kind)}?watch=true&timeoutSeconds=3600`,
    operation: { verb: 'watch', resource: kind.plural, subject: kind.kind },
    signal: stop.signal,
  });
  const waiting = new Set<(change: Change) => void>();
  const lines = createInterface(stream);
  // The end of the watch is ours; whoever still waits runs into the time-out.
  stream.on('error', () => undefined);
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    // `as`: a line of a watch is such an event.
    const event = JSON.parse(line) as { readonly type: string; readonly object: KubernetesObject };
    const change = { ...event, at: performance.now() };
    for (const listener of [...waiting]) {
      listener(change);
    }
  });
  return {
    next: (accept) => nextChange(waiting, accept),
    [Symbol.asyncDispose]() {
      stop.abort();
      return Promise.resolve();
    },
  };
}

function nextChange(waiting: Set<(change: Change) => void>, accept: (change: Change) => boolean): Promise<Change> {
  return new Promise((resolve, reject) => {
    const stopWaiting = () => {
      waiting.delete(listener);
      clearTimeout(timer);
    };
    const listener = (change: Change) => {
      if (accept(change)) {
        stopWaiting();
        resolve(change);
      }
    };
    const timer = setTimeout(() => {
      stopWaiting();
      reject(new Error(`the watch showed no such change within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    waiting.add(listener);
  });
}
