/** Changes into Elasticsearch. */
import type { SearchClient } from '#chassis/search/client.ts';
import { IndexOutageError, type ProductIndex } from '../domain/product-index.ts';
import { ensureIndices } from './aliases.ts';
import type { IndexNames } from './names.ts';
import { isOutage } from './outage.ts';
import { writeStock } from './stock.ts';
import { purgeTombstones } from './tombstones.ts';
import { writeEverywhere } from './write-documents.ts';
import { writeProducts } from './write-products.ts';

export function createProductIndex(client: SearchClient, names: IndexNames): ProductIndex {
  return {
    prepare: () => tellOutage(ensureIndices(client, names)),
    writeProducts: (changes) => tellOutage(writeProducts(client, names, changes, writeEverywhere)),
    writeStock: (changes) => tellOutage(writeStock(client, names, changes)),
    forgetRemoved: (which) => tellOutage(purgeTombstones(client, names, which)),
  };
}

async function tellOutage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isOutage(error)) throw new IndexOutageError(error.message, { cause: error });
    throw error;
  }
}
