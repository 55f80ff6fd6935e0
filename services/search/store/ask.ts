/** One search, with what the answers of this service are made of. */
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchRefusedError } from '#chassis/search/errors.ts';
import type { ProductDocument } from '../domain/document.ts';
import type { SortValue } from '../domain/product-finder.ts';

export interface FoundProduct {
  readonly document: ProductDocument;
  /** Values that the hits are sorted by: where the next page begins. */
  readonly sort: readonly SortValue[];
}

export interface Found {
  readonly total: number;
  readonly products: readonly FoundProduct[];
  readonly aggregations: Readonly<Record<string, Aggregation>>;
  /** The question with its words corrected, best first. */
  readonly corrections: readonly string[];
  /** Newest id of the view that was asked, if one was. */
  readonly viewId: string | undefined;
}

export interface Bucket {
  readonly key: string | number;
  readonly doc_count: number;
}

/** As Elasticsearch answers them: the inner one of each is called `of`. */
export interface Aggregation {
  readonly doc_count?: number;
  readonly of?: {
    readonly buckets?: readonly Bucket[];
    readonly sum_other_doc_count?: number;
    readonly min?: number | null;
    readonly max?: number | null;
  };
}

interface Answer {
  readonly pit_id?: string;
  readonly hits: {
    readonly total?: { readonly value: number };
    readonly hits: readonly { readonly _source: ProductDocument; readonly sort?: readonly SortValue[] }[];
  };
  readonly aggregations?: Found['aggregations'];
  readonly suggest?: { readonly corrections?: readonly { readonly options: readonly { readonly text: string }[] }[] };
}

/** Asks an index or alias, or without one the view (`pit`) that the body names. */
export async function ask(
  client: SearchClient,
  index: string | undefined,
  body: object,
  signal?: AbortSignal,
): Promise<Found> {
  const path = index === undefined ? '/_search' : `/${encodeURIComponent(index)}/_search`;
  const answer = await client.send<Answer>({ operation: 'search', method: 'POST', path, body, isSafe: true, signal });
  return {
    total: answer.hits.total?.value ?? 0,
    products: answer.hits.hits.map(({ _source, sort = [] }) => ({ document: _source, sort })),
    aggregations: answer.aggregations ?? {},
    corrections: (answer.suggest?.corrections?.[0]?.options ?? []).map(({ text }) => text),
    viewId: answer.pit_id,
  };
}

/** How long a view lives after each page. A reader who is slower goes on in a new one. */
export const viewKeepAlive = '2m';

/** A view of the index as it is now, whatever is written later: Elasticsearch's point in time. */
export async function openView(client: SearchClient, index: string): Promise<string> {
  const path = `/${encodeURIComponent(index)}/_pit?keep_alive=${viewKeepAlive}`;
  const { id } = await client.send<{ readonly id: string }>({
    operation: 'open-pit',
    method: 'POST',
    path,
    isSafe: true,
  });
  return id;
}

/** Ends a view early; by itself it ends after its time. */
export async function closeView(client: SearchClient, id: string): Promise<void> {
  const request = { operation: 'close-pit', method: 'DELETE', path: '/_pit', body: { id }, isSafe: true } as const;
  await client.send(request).catch(() => undefined);
}

/** Whether the view is over: its time, its node or its index. */
export function isViewGone(error: unknown): boolean {
  return error instanceof SearchRefusedError && error.status === 404;
}
