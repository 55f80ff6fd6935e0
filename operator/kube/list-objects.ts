import type { Kind } from '../api/kinds.ts';
import type { KubernetesObject } from '../api/kubernetes.ts';
import { ExpiredError } from './errors.ts';
import { listOf, recordOf, textOf } from './json.ts';
import { collectionPath, resourceName } from './paths.ts';
import type { Transport } from './transport.ts';

export interface ListScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly signal?: AbortSignal;
}

/** Where the objects go: page by page, so that no list is ever in memory as a whole. */
export interface ListSink {
  /** The continue token expired and the list starts again: forget what came so far. */
  restart(): void;
  item(object: KubernetesObject): void;
}

/** Objects per page, as client-go's pager. */
const pageSize = 500;
/** How often a list may start again because its continue token expired. */
const maxRestarts = 3;

/** Lists consistently, in pages; resolves with the list's resourceVersion. */
export async function listObjects(transport: Transport, kind: Kind, scope: ListScope, sink: ListSink): Promise<string> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await listPages(transport, kind, scope, sink);
    } catch (error) {
      if (!(error instanceof ExpiredError) || restarts === maxRestarts) {
        throw error;
      }
      sink.restart();
    }
  }
}

async function listPages(transport: Transport, kind: Kind, scope: ListScope, sink: ListSink): Promise<string> {
  let token = '';
  for (;;) {
    const body = recordOf((await transport.call(pageRequest(kind, scope, token))).body);
    const metadata = recordOf(body['metadata']);
    for (const item of listOf(body['items'])) {
      sink.item(withIdentity(item, kind));
    }
    token = textOf(metadata['continue']) ?? '';
    if (token === '') {
      return textOf(metadata['resourceVersion']) ?? '';
    }
  }
}

function pageRequest(kind: Kind, scope: ListScope, token: string) {
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (scope.labelSelector !== undefined) {
    query.set('labelSelector', scope.labelSelector);
  }
  if (token !== '') {
    query.set('continue', token);
  }
  const resource = resourceName(kind);
  return {
    method: 'GET',
    path: `${collectionPath(kind, scope.namespace)}?${query.toString()}`,
    operation: { verb: 'list', resource, subject: resource },
    ...(scope.signal === undefined ? {} : { signal: scope.signal }),
  } as const;
}

/** Items of a list carry neither apiVersion nor kind: the list does. */
function withIdentity(item: unknown, kind: Kind): KubernetesObject {
  // An item of the server's list is an object of that kind; `metadata` is in every one.
  return { ...recordOf(item), apiVersion: kind.apiVersion, kind: kind.kind } as unknown as KubernetesObject;
}
