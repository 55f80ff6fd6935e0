/** Documents into the live index and its shadow, in one request. */
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchUnavailableError } from '#chassis/search/errors.ts';
import type { IndexedDocument } from '../domain/document.ts';
import { RefusedChangeError } from '../domain/product-index.ts';
import type { IndexNames } from './names.ts';

export interface DocumentWrite {
  /** Of two writes of a document the one with the higher version wins, in whatever order they come. */
  readonly version: number;
  readonly document: IndexedDocument;
}

/**
 * Writes to the live index and to the shadow where there is one. Both names are asked for in one request, which sees one state of
 * the aliases: no change falls between an index and the one that takes its place. Resolves with whether each was stored in the live index, in
 * order: where not, a version at least as high was there.
 */
export async function writeEverywhere(
  client: SearchClient,
  names: IndexNames,
  writes: readonly DocumentWrite[],
): Promise<readonly boolean[]> {
  const entries = await bulk(client, [names.write, names.shadow], writes);
  const toLive = entries.filter(({ alias }) => alias === names.write);
  const toShadow = entries.filter(({ alias, isAbsent }) => alias === names.shadow && !isAbsent);
  assertStored([...toLive, ...toShadow]);
  return toLive.map(isStored);
}

/** Writes to the shadow only; fails when there is none. */
export async function writeToShadow(
  client: SearchClient,
  names: IndexNames,
  writes: readonly DocumentWrite[],
): Promise<readonly boolean[]> {
  const entries = await bulk(client, [names.shadow], writes);
  assertStored(entries);
  return entries.map(isStored);
}

interface Entry {
  readonly alias: string;
  readonly id: string;
  /** There is no such alias. */
  readonly isAbsent: boolean;
  readonly isStale: boolean;
  readonly status: number;
  readonly reason: string | undefined;
}

interface BulkAnswer {
  readonly items: readonly {
    readonly index: {
      readonly status: number;
      readonly error?: { readonly type: string; readonly reason: string };
    };
  }[];
}

async function bulk(
  client: SearchClient,
  aliases: readonly string[],
  writes: readonly DocumentWrite[],
): Promise<readonly Entry[]> {
  const targets = writes.flatMap((write) => aliases.map((alias) => ({ alias, ...write })));
  if (targets.length === 0) return [];
  const lines = targets.flatMap(({ alias, version, document }) => [
    // Without `require_alias` a name that is not there would become an index.
    JSON.stringify({
      index: { _index: alias, _id: document.id, version, version_type: 'external', require_alias: true },
    }),
    JSON.stringify(document),
  ]);
  const { items } = await client.send<BulkAnswer>({
    operation: 'bulk',
    method: 'POST',
    path: '/_bulk',
    body: `${lines.join('\n')}\n`,
    isSafe: true,
  });
  return targets.map(({ alias, document }, position) => {
    const { status = 0, error } = items[position]?.index ?? {};
    return {
      alias,
      id: document.id,
      isAbsent: error?.type === 'index_not_found_exception',
      isStale: error?.type === 'version_conflict_engine_exception',
      status,
      reason: error?.reason,
    };
  });
}

function assertStored(entries: readonly Entry[]): void {
  const failed = entries.find(({ reason, isStale }) => reason !== undefined && !isStale);
  if (failed === undefined) return;
  const what = `the document ${failed.id} for ${failed.alias}`;
  if (failed.status === 400) throw new RefusedChangeError(`elasticsearch refused ${what}: ${failed.reason}`);
  throw new SearchUnavailableError(what, failed.reason ?? `status ${failed.status}`);
}

function isStored({ isStale }: Entry): boolean {
  return !isStale;
}
