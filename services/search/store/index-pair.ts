/** The live index and its shadow: two indices of Elasticsearch behind aliases. */
import type { SearchClient } from '#chassis/search/client.ts';
import type { IndexPair } from '../domain/index-pair.ts';
import { dropShadow, exchange, nextProductIndex, openShadow, readPlaces } from './aliases.ts';
import { countProducts, inspectIndices, refresh } from './inspect.ts';
import type { IndexNames } from './names.ts';
import { copyTombstones } from './tombstones.ts';
import { writeToShadow } from './write-documents.ts';
import { writeProducts } from './write-products.ts';

export function createIndexPair(client: SearchClient, names: IndexNames): IndexPair {
  return {
    readPlaces: () => readPlaces(client, names),
    nextName: () => nextProductIndex(client, names),
    openShadow: (index) => openShadow(client, names, index),
    copyTombstones: (from) => copyTombstones(client, names, from),
    fillShadow: (changes) => writeProducts(client, names, changes, writeToShadow),
    refresh: (index) => refresh(client, index),
    countProducts: (index) => countProducts(client, index),
    exchange: (to) => exchange(client, names, to),
    dropShadow: (index) => dropShadow(client, names, index),
    inspect: () => inspectIndices(client, names),
  };
}
