/** What is known of the stock of each SKU, and how it gets into the products that have the SKU. */
import type { SearchClient } from '#chassis/search/client.ts';
import { SearchUnavailableError } from '#chassis/search/errors.ts';
import type { Availability, ShownAvailability } from '#contracts/availability.ts';
import { availabilityOf, type ProductDocument, type Stock } from '../domain/document.ts';
import { fold } from '../domain/fold.ts';
import { RefusedChangeError, type StockChange } from '../domain/product-index.ts';
import { isMissing } from './aliases.ts';
import type { IndexNames } from './names.ts';
import { type DocumentWrite, writeEverywhere } from './write-documents.ts';

interface StockNote {
  readonly availability: Availability;
  readonly version: number;
  /** Whether the products have it; false while that is being done. */
  readonly isApplied: boolean;
}

/**
 * Notes the availabilities, of each SKU the newest, and changes the products that have the SKUs. Who writes a product reads the notes
 * after it, and this looks for products after its notes: one of the two sees the other, in whatever order they come. Resolves with
 * whether each change was news, in order.
 */
export async function writeStock(
  client: SearchClient,
  names: IndexNames,
  changes: readonly StockChange[],
): Promise<readonly boolean[]> {
  const notes = await readNotes(client, names, [...new Set(changes.map(({ sku }) => sku))]);
  const isNews = changes.map((change) => !isKnown(notes.get(change.sku), change));
  const news = newestOfEach(changes.filter((_, index) => isNews[index] === true));
  // What has changed is noted before the products are looked for; where the word is the same they have it already.
  const others = news.filter(({ sku, availability }) => {
    const known = notes.get(sku);
    return known?.availability !== availability || !known.isApplied;
  });
  await writeNotes(client, names, others, false);
  await spreadStock(
    client,
    names,
    others.map(({ sku }) => sku),
  );
  await writeNotes(client, names, news, true);
  return isNews;
}

function isKnown(known: StockNote | undefined, { version }: StockChange): boolean {
  return known !== undefined && (known.version > version || (known.version === version && known.isApplied));
}

function newestOfEach(changes: readonly StockChange[]): readonly StockChange[] {
  const newest = new Map<string, StockChange>();
  for (const change of changes)
    if (change.version > (newest.get(change.sku)?.version ?? 0)) newest.set(change.sku, change);
  return [...newest.values()];
}

interface BulkAnswer {
  readonly items: readonly {
    readonly index: { readonly status: number; readonly error?: { readonly type: string; readonly reason: string } };
  }[];
}

/** Where a newer note is there, that one stays. */
async function writeNotes(
  client: SearchClient,
  names: IndexNames,
  changes: readonly StockChange[],
  isApplied: boolean,
): Promise<void> {
  if (changes.length === 0) return;
  const lines = changes.flatMap(({ sku, availability, version }) => [
    JSON.stringify({ index: { _id: sku, version, version_type: 'external_gte' } }),
    JSON.stringify({ availability, version, isApplied } satisfies StockNote),
  ]);
  const path = `/${encodeURIComponent(names.stock)}/_bulk`;
  const body = `${lines.join('\n')}\n`;
  const { items } = await client.send<BulkAnswer>({ operation: 'bulk', method: 'POST', path, body, isSafe: true });
  const errors = items.flatMap(({ index: { status, error } }) => (error === undefined ? [] : [{ status, ...error }]));
  const failed = errors.find(({ type }) => type !== 'version_conflict_engine_exception');
  if (failed === undefined) return;
  if (failed.status === 400) throw new RefusedChangeError(`elasticsearch refused a note of stock: ${failed.reason}`);
  throw new SearchUnavailableError('a note of stock', failed.reason);
}

/** Changes the products of the SKUs in the live index and the shadow, until all have what is noted. */
async function spreadStock(client: SearchClient, names: IndexNames, skus: readonly string[]): Promise<void> {
  // Another round where somebody else wrote a product, or noted something newer, meanwhile.
  for (let isOther = skus.length > 0; isOther; ) {
    const others = await findOthers(client, names, skus);
    isOther = others.length > 0;
    if (isOther) await writeEverywhere(client, names, others);
  }
}

interface FoundProduct {
  readonly _version: number;
  readonly _source: ProductDocument;
}

/** More than have one of a few hundred SKUs: each is of one product, in two indices. */
const mostProducts = 10_000;

/** Products of the SKUs that have another availability than is noted. */
async function findOthers(
  client: SearchClient,
  names: IndexNames,
  skus: readonly string[],
): Promise<readonly DocumentWrite[]> {
  const indices = [names.write, names.shadow].map(encodeURIComponent).join(',');
  const quiet = 'ignore_unavailable=true&allow_no_indices=true';
  const path = `/${indices}/_refresh?${quiet}`;
  // What was written a moment ago must be found; this happens only when the availability changes.
  await client.send({ operation: 'refresh', method: 'POST', path, isSafe: true });
  const { hits } = await client.send<{ readonly hits: { readonly hits: readonly FoundProduct[] } }>({
    operation: 'search',
    method: 'POST',
    path: `/${indices}/_search?${quiet}`,
    body: { size: mostProducts, version: true, query: { terms: { skuKey: [...new Set(skus.map(fold))] } } },
    isSafe: true,
  });
  const products = hits.hits.map(({ _version, _source }) => ({ version: _version, document: _source }));
  const stock = await readStock(client, names, products.flatMap(allSkus));
  return products.flatMap(({ version, document }) => {
    const availability = availabilityOf(allSkus({ document }), stock);
    if (availability === document.availability) return [];
    return [{ version: version + 1, document: { ...document, availability } }];
  });
}

function allSkus({ document: { sku, skus } }: { readonly document: ProductDocument }): readonly string[] {
  return skus ?? [sku];
}

/** What is noted of the SKUs, `unknown` of those without a note. */
export async function readStock(client: SearchClient, names: IndexNames, skus: readonly string[]): Promise<Stock> {
  const unique = [...new Set(skus)];
  const notes = await readNotes(client, names, unique);
  return new Map(unique.map((sku): [string, ShownAvailability] => [sku, notes.get(sku)?.availability ?? 'unknown']));
}

async function readNotes(
  client: SearchClient,
  names: IndexNames,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StockNote>> {
  if (ids.length === 0) return new Map();
  const path = `/${encodeURIComponent(names.stock)}/_mget`;
  try {
    const { docs } = await client.send<{
      readonly docs: readonly { readonly _id: string; readonly _source?: StockNote }[];
    }>({ operation: 'get', method: 'POST', path, body: { ids }, isSafe: true });
    return new Map(docs.flatMap(({ _id, _source }) => (_source === undefined ? [] : [[_id, _source] as const])));
  } catch (error) {
    if (isMissing(error)) return new Map();
    throw error;
  }
}

/** For products that were written with `before`: brings in what was noted meanwhile. */
export async function catchUpStock(client: SearchClient, names: IndexNames, before: Stock): Promise<void> {
  const now = await readStock(client, names, [...before.keys()]);
  const moved = [...now].filter(([sku, availability]) => availability !== before.get(sku)).map(([sku]) => sku);
  await spreadStock(client, names, moved);
}
