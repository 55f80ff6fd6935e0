/** Elasticsearch as the engine. */
import type { SearchClient } from '#chassis/search/client.ts';
import type { SearchEngine } from '../domain/engine.ts';
import { createIndexPair } from './index-pair.ts';
import type { IndexNames } from './names.ts';
import { createProductFinder } from './product-finder.ts';
import { createProductIndex } from './product-index.ts';
import { createRecords } from './records.ts';

export function createElasticsearchEngine(client: SearchClient, names: IndexNames): SearchEngine {
  return {
    finder: createProductFinder(client, names),
    index: createProductIndex(client, names),
    pair: createIndexPair(client, names),
    records: createRecords(client, names),
  };
}
