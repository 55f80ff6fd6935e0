/** Products into the index, with what is known of their stock. */
import type { SearchClient } from '#chassis/search/client.ts';
import type { ProductState } from '#contracts/events/product.ts';
import { documentVersion, skusOf, toDocument, toTombstone } from '../domain/document.ts';
import type { IndexNames } from '../store/names.ts';
import { catchUpStock, readStock } from '../store/stock.ts';
import { type WriteOutcome, writeEverywhere, type writeToShadow } from '../store/write-documents.ts';

/** What became of a product. */
export type ProductChange =
  | { readonly kind: 'put'; readonly product: ProductState }
  | { readonly kind: 'remove'; readonly product: Pick<ProductState, 'id' | 'version'> };

/** Writes the changes in one request, where `write` says. What is older than what is there changes nothing. */
export async function indexChanges(
  client: SearchClient,
  names: IndexNames,
  changes: readonly ProductChange[],
  write: typeof writeEverywhere | typeof writeToShadow = writeEverywhere,
): Promise<WriteOutcome> {
  const skus = changes.flatMap((change) => (change.kind === 'put' ? skusOf(change.product) : []));
  const stock = await readStock(client, names, skus);
  const now = new Date();
  const toWrite = (change: ProductChange) => ({
    version: documentVersion(change.product.version),
    document: change.kind === 'put' ? toDocument(change.product, stock, now) : toTombstone(change.product, now),
  });
  const outcome = await write(client, names, changes.map(toWrite));
  await catchUpStock(client, names, stock);
  return outcome;
}
