/** Documents of products that may not be found any more. */
import type { SearchClient } from '#chassis/search/client.ts';
import { searchAll } from '#chassis/search/documents.ts';
import type { Tombstone } from '../domain/document.ts';
import { documentVersion } from '../domain/document.ts';
import { isMissing } from './aliases.ts';
import { refresh } from './inspect.ts';
import type { IndexNames } from './names.ts';
import { writeToShadow } from './write-documents.ts';

const pageSize = 500;

/** Takes the tombstones of an index over into the shadow: a late event must not bring a product back there either. */
export async function copyTombstones(client: SearchClient, names: IndexNames, source: string): Promise<void> {
  // One that was written a moment ago, before the shadow was there, must be found.
  await refresh(client, source);
  const body = { query: { term: { isVisible: false } }, sort: [{ id: 'asc' }] };
  for await (const page of searchAll<Tombstone>(client, source, { body, pageSize })) {
    const writes = page.map(({ document }) => ({ version: documentVersion(document.version), document }));
    await writeToShadow(client, names, writes);
  }
}

/**
 * Deletes up to `limit` tombstones that are older than any event that may still come: topics and dead letters are kept for less.
 * Resolves with how many.
 */
export async function purgeTombstones(
  client: SearchClient,
  names: IndexNames,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Promise<number> {
  const counts = await Promise.all([names.write, names.shadow].map((alias) => purge(client, alias, { before, limit })));
  return Math.max(...counts);
}

interface FindAnswer {
  readonly hits: {
    readonly hits: readonly { readonly _id: string; readonly _seq_no: number; readonly _primary_term: number }[];
  };
}

async function purge(
  client: SearchClient,
  alias: string,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Promise<number> {
  const found = await find(client, alias, before, limit);
  if (found.length === 0) return 0;
  const lines = found.map(({ _id, _seq_no, _primary_term }) =>
    // Not when the product came back meanwhile.
    JSON.stringify({ delete: { _id, if_seq_no: _seq_no, if_primary_term: _primary_term, require_alias: true } }),
  );
  const path = `/${encodeURIComponent(alias)}/_bulk`;
  await client.send({ operation: 'bulk', method: 'POST', path, body: `${lines.join('\n')}\n`, isSafe: true });
  return found.length;
}

async function find(
  client: SearchClient,
  alias: string,
  before: Date,
  limit: number,
): Promise<FindAnswer['hits']['hits']> {
  const path = `/${encodeURIComponent(alias)}/_search`;
  const body = {
    size: limit,
    _source: false,
    seq_no_primary_term: true,
    query: {
      bool: { filter: [{ term: { isVisible: false } }, { range: { removedAt: { lt: before.toISOString() } } }] },
    },
  };
  try {
    const { hits } = await client.send<FindAnswer>({ operation: 'search', method: 'POST', path, body, isSafe: true });
    return hits.hits;
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
