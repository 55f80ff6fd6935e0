/** What there is: for the status page and for the check before an exchange. */
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchRefusedError } from '#chassis/search/errors.ts';
import type { IndexState } from '../domain/index-pair.ts';
import { listProductIndices, readPlaces } from './aliases.ts';
import { schemaVersion } from './definition.ts';
import type { IndexNames } from './names.ts';

export async function inspectIndices(client: SearchClient, names: IndexNames): Promise<readonly IndexState[]> {
  const [list, places] = await Promise.all([listProductIndices(client, names), readPlaces(client, names)]);
  return Promise.all(
    list.map(async (name) => {
      const role = name === places.live ? 'live' : name === places.shadow ? 'shadow' : 'unused';
      const [products, tombstones, sizeBytes, schema] = await Promise.all([
        countProducts(client, name),
        count(client, name, false),
        readSize(client, name),
        readSchema(client, name),
      ]);
      return { name, role, products, tombstones, sizeBytes, isOutdated: schema !== schemaVersion } as const;
    }),
  );
}

/** Products in an index that can be found now. */
export function countProducts(client: SearchClient, index: string): Promise<number> {
  return count(client, index, true);
}

async function count(client: SearchClient, index: string, isVisible: boolean): Promise<number> {
  const path = `/${encodeURIComponent(index)}/_count`;
  const body = { query: { term: { isVisible } } };
  const answer = await client.send<{ readonly count: number }>({
    operation: 'count',
    method: 'POST',
    path,
    body,
    isSafe: true,
  });
  return answer.count;
}

async function readSize(client: SearchClient, index: string): Promise<number> {
  const path = `/${encodeURIComponent(index)}/_stats/store?filter_path=_all.primaries.store.size_in_bytes`;
  const answer = await client.send<{
    readonly _all?: { readonly primaries?: { readonly store?: { readonly size_in_bytes: number } } };
  }>({ operation: 'stats', method: 'GET', path, isSafe: true });
  return answer._all?.primaries?.store?.size_in_bytes ?? 0;
}

async function readSchema(client: SearchClient, index: string): Promise<number | undefined> {
  const path = `/${encodeURIComponent(index)}/_mapping?filter_path=*.mappings._meta`;
  const answer = await client.send<
    Record<string, { readonly mappings?: { readonly _meta?: { readonly schema?: number } } }>
  >({ operation: 'get-mapping', method: 'GET', path, isSafe: true });
  return answer[index]?.mappings?._meta?.schema;
}

/** Makes everything that was written so far countable. */
export async function refresh(client: SearchClient, index: string): Promise<void> {
  const path = `/${encodeURIComponent(index)}/_refresh`;
  await client.send({ operation: 'refresh', method: 'POST', path, isSafe: true });
}

/** The shards of what is asked, not of the cluster: an index of somebody else may be red. */
export async function assertReadable(client: SearchClient, names: IndexNames): Promise<void> {
  const path = `/_cluster/health/${encodeURIComponent(names.read)}?filter_path=status&master_timeout=700ms&timeout=700ms`;
  try {
    const { status } = await client.send<{ readonly status: string }>({
      operation: 'health',
      method: 'GET',
      path,
      isSafe: true,
    });
    if (status === 'red') throw new Error('the index of products is red: it cannot be searched');
  } catch (error) {
    if (error instanceof SearchRefusedError && error.status === 408)
      throw new Error(`there is no index behind ${names.read} yet`, { cause: error });
    throw error;
  }
}
