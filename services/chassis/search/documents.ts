/** Documents in and out of an index. */
import type { SearchClient } from './client.ts';

/** A change of one document. Of two changes the one with the higher version wins, in whatever order they arrive. */
export type DocumentChange =
  | { readonly kind: 'put'; readonly id: string; readonly version: number; readonly document: object }
  | { readonly kind: 'delete'; readonly id: string; readonly version: number };

export interface BulkOutcome {
  readonly stored: number;
  /** A newer version was there already: nothing to do. */
  readonly stale: number;
  /** What the server refused, to be looked at: repeating it would not help. */
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
}

export interface BulkOptions {
  /** Answer only when a search finds the changes; costs up to a second. */
  readonly waitForRefresh?: boolean;
  readonly signal?: AbortSignal;
}

/** Applies changes to an index or alias in one request. Repeating it changes nothing, so it survives a lost node. */
export async function applyChanges(
  client: SearchClient,
  index: string,
  changes: readonly DocumentChange[],
  { waitForRefresh = false, signal }: BulkOptions = {},
): Promise<BulkOutcome> {
  if (changes.length === 0) return { stored: 0, stale: 0, failed: [] };
  const { items } = await client.send<BulkAnswer>({
    operation: 'bulk',
    method: 'POST',
    path: `/${encodeURIComponent(index)}/_bulk${waitForRefresh ? '?refresh=wait_for' : ''}`,
    body: `${changes.flatMap(toLines).join('\n')}\n`,
    isSafe: true,
    signal,
  });
  return summarise(items.map((item) => Object.values(item)[0]).filter((entry) => entry !== undefined));
}

export interface SearchHit<T> {
  readonly id: string;
  readonly document: T;
  readonly score: number | null;
  /** Values that the hits are sorted by: where the next page begins. */
  readonly sort: readonly unknown[];
  readonly highlight: Readonly<Record<string, readonly string[]>>;
}

export interface SearchResult<T> {
  readonly total: number;
  readonly hits: readonly SearchHit<T>[];
  readonly aggregations: Readonly<Record<string, unknown>>;
}

/** Searches with a body of Elasticsearch's query language. */
export async function search<T>(
  client: SearchClient,
  index: string,
  body: object,
  signal?: AbortSignal,
): Promise<SearchResult<T>> {
  const path = `/${encodeURIComponent(index)}/_search`;
  return toResult(
    await client.send<SearchAnswer<T>>({ operation: 'search', method: 'POST', path, body, isSafe: true, signal }),
  );
}

/**
 * All hits page by page as of one moment, whatever is written meanwhile. `body` must sort by something unique, e.g.
 * `sort: [{id: 'asc'}]`.
 */
export async function* searchAll<T>(
  client: SearchClient,
  index: string,
  { body, pageSize, signal }: { readonly body: object; readonly pageSize: number; readonly signal?: AbortSignal },
): AsyncGenerator<readonly SearchHit<T>[]> {
  const keepAlive = '1m';
  const path = `/${encodeURIComponent(index)}/_pit?keep_alive=${keepAlive}`;
  const open = { operation: 'open-pit', method: 'POST', path, isSafe: true, signal } as const;
  let { id } = await client.send<{ id: string }>(open);
  try {
    for (let after: readonly unknown[] | undefined; ; ) {
      const page = await client.send<SearchAnswer<T>>({
        operation: 'search',
        method: 'POST',
        path: '/_search',
        body: {
          ...body,
          size: pageSize,
          pit: { id, keep_alive: keepAlive },
          ...(after === undefined ? {} : { search_after: after }),
        },
        isSafe: true,
        signal,
      });
      id = page.pit_id ?? id;
      const { hits } = toResult(page);
      if (hits.length === 0) return;
      yield hits;
      after = hits.at(-1)?.sort;
    }
  } finally {
    const close = { operation: 'close-pit', method: 'DELETE', path: '/_pit', body: { id }, isSafe: true } as const;
    // It ends by itself after its keep-alive.
    await client.send(close).catch(() => undefined);
  }
}

function toLines(change: DocumentChange): readonly string[] {
  const { id, version } = change;
  const target = { _id: id, version, version_type: 'external' };
  return change.kind === 'delete'
    ? [JSON.stringify({ delete: target })]
    : [JSON.stringify({ index: target }), JSON.stringify(change.document)];
}

interface BulkEntry {
  readonly _id: string;
  readonly status: number;
  readonly error?: { readonly type: string; readonly reason: string };
}

interface BulkAnswer {
  readonly items: readonly Readonly<Record<string, BulkEntry>>[];
}

/** A delete of what is not there answers 404 and is recorded all the same: its version keeps older ones out. */
function summarise(entries: readonly BulkEntry[]): BulkOutcome {
  const isStale = ({ error }: BulkEntry) => error?.type === 'version_conflict_engine_exception';
  const failed = entries.filter((entry) => entry.error !== undefined && !isStale(entry));
  const stale = entries.filter(isStale).length;
  return {
    stored: entries.length - stale - failed.length,
    stale,
    failed: failed.map(({ _id, error }) => ({ id: _id, reason: error?.reason ?? '' })),
  };
}

interface SearchAnswer<T> {
  readonly pit_id?: string;
  readonly hits: {
    readonly total?: { readonly value: number };
    readonly hits: readonly {
      readonly _id: string;
      readonly _source: T;
      readonly _score: number | null;
      readonly sort?: readonly unknown[];
      readonly highlight?: Readonly<Record<string, readonly string[]>>;
    }[];
  };
  readonly aggregations?: Readonly<Record<string, unknown>>;
}

function toResult<T>({ hits, aggregations = {} }: SearchAnswer<T>): SearchResult<T> {
  return {
    total: hits.total?.value ?? 0,
    hits: hits.hits.map(({ _id, _source, _score, sort = [], highlight = {} }) => ({
      id: _id,
      document: _source,
      score: _score,
      sort,
      highlight,
    })),
    aggregations,
  };
}
