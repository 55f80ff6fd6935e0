/** Products into the index, with what is known of their stock. */
import type { SearchClient } from '#chassis/search/client.ts';
import { documentVersion, skusOf, toDocument, toTombstone } from '../domain/document.ts';
import type { ProductChange } from '../domain/product-index.ts';
import type { IndexNames } from './names.ts';
import { catchUpStock, readStock } from './stock.ts';
import type { writeEverywhere, writeToShadow } from './write-documents.ts';

/** Writes the changes in one request, where `write` says. What is older than what is there changes nothing. */
export async function writeProducts(
  client: SearchClient,
  names: IndexNames,
  changes: readonly ProductChange[],
  write: typeof writeEverywhere | typeof writeToShadow,
): Promise<readonly boolean[]> {
  const skus = changes.flatMap((change) => (change.kind === 'put' ? skusOf(change.product) : []));
  const stock = await readStock(client, names, skus);
  const now = new Date();
  const toWrite = (change: ProductChange) => ({
    version: documentVersion(change.product.version),
    document: change.kind === 'put' ? toDocument(change.product, stock, now) : toTombstone(change.product, now),
  });
  const isNews = await write(client, names, changes.map(toWrite));
  await catchUpStock(client, names, stock);
  return isNews;
}
