/** How the indices are made: nothing in it is more than the core of Elasticsearch and its module analysis-common can do. */
import { copySettings } from '#chassis/search/indices.ts';
import { currencies } from '#contracts/money.ts';

/** Grows with each change of the mapping or the analysis: an index with a lower one should be rebuilt. */
export const schemaVersion = 2;

/** The newest changes can be found after this time. Named in the settings: without it an idle index is not refreshed at all. */
export const refreshIntervalMs = 1000;

const analysis = {
  filter: {
    prefixes: { type: 'edge_ngram', min_gram: 1, max_gram: 20 },
    pairs: { type: 'shingle', min_shingle_size: 2, max_shingle_size: 2 },
  },
  analyzer: {
    folded: { type: 'custom', tokenizer: 'standard', filter: ['lowercase', 'asciifolding'] },
    prefixes: { type: 'custom', tokenizer: 'standard', filter: ['lowercase', 'asciifolding', 'prefixes'] },
    pairs: { type: 'custom', tokenizer: 'standard', filter: ['lowercase', 'asciifolding', 'pairs'] },
  },
};

const keyword = { type: 'keyword', ignore_above: 1024 } as const;
const folded = { type: 'text', analyzer: 'folded' } as const;

const properties = {
  isVisible: { type: 'boolean' },
  id: keyword,
  title: {
    ...folded,
    fields: {
      prefixes: { type: 'text', analyzer: 'prefixes', search_analyzer: 'folded' },
      pairs: { type: 'text', analyzer: 'pairs' },
    },
  },
  titleKey: keyword,
  description: folded,
  keywords: folded,
  skuKey: keyword,
  categoryId: keyword,
  // One field for all attributes: their names are the editors', and each would else be a field of its own.
  attributes: { type: 'flattened', ignore_above: 1024 },
  prices: { properties: Object.fromEntries(currencies.map((currency) => [currency, { type: 'long' }])) },
  availability: keyword,
  popularity: { type: 'long' },
  createdAt: { type: 'date' },
  removedAt: { type: 'date' },
} as const;

/** Body of a new index of products. One shard: counts of facets are exact, and a shop's products fit. */
export const productsDefinition = {
  settings: {
    ...copySettings,
    number_of_shards: 1,
    refresh_interval: `${refreshIntervalMs}ms`,
    analysis,
  },
  mappings: { dynamic: false, _meta: { schema: schemaVersion }, properties },
};

/** Body of an index whose documents are only read by their ids. */
export const recordsDefinition = {
  settings: { ...copySettings, number_of_shards: 1 },
  mappings: { dynamic: false },
};
