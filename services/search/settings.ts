/** Settings of the search service. */
import { z } from 'zod';
import { httpSettings, identitySettings, kafkaSettings, processSettings } from '#chassis/config/base.ts';
import { searchSettings } from '#chassis/config/search-settings.ts';
import { setting } from '#chassis/config/settings.ts';
import { hostPorts, origin, wholeNumber } from '#chassis/config/values.ts';
import { servicePorts } from '#contracts/services.ts';

export const settingsOfSearch = {
  process: processSettings,
  http: httpSettings(servicePorts.search, { maxConcurrency: 64 }),
  identity: identitySettings,
  kafka: {
    ...kafkaSettings,
    bootstrapServers: setting({
      variable: 'APP_KAFKA_BOOTSTRAP_SERVERS',
      schema: hostPorts.optional(),
      description:
        'Brokers to start from: `host:port,host:port…`; without them the index follows no changes and is only filled by rebuilding it.',
    }),
  },
  elasticsearch: {
    ...searchSettings,
    // Two attempts end before the 5 s that a request may take: its caller gets a 503 and no time-out.
    requestTimeoutMs: setting({ ...searchSettings.requestTimeoutMs, fallback: '2000' }),
    maxAttempts: setting({ ...searchSettings.maxAttempts, fallback: '2' }),
  },
  product: {
    url: setting({
      variable: 'APP_UPSTREAM_PRODUCT',
      schema: origin,
      description: 'Address of the product service: where categories and rebuilds are read from.',
    }),
  },
  index: {
    prefix: setting({
      variable: 'APP_SEARCH_PREFIX',
      schema: z.string().regex(/^([a-z][a-z0-9-]{0,40})?$/, 'must be 1 to 41 characters of a-z, 0-9 and "-"'),
      fallback: 'shop-',
      description: 'What the names of all indices and aliases begin with: several shops may share one Elasticsearch.',
    }),
    pollMs: setting({
      variable: 'APP_SEARCH_POLL_MS',
      schema: wholeNumber(20, 60_000),
      fallback: '1000',
      description: 'How often a replica looks for changed synonyms and for a rebuild that nobody works on.',
    }),
    categoriesPollMs: setting({
      variable: 'APP_SEARCH_CATEGORIES_POLL_MS',
      schema: wholeNumber(20, 3_600_000),
      fallback: '30000',
      description: 'How often a replica reads the tree of categories.',
    }),
    leaseMs: setting({
      variable: 'APP_SEARCH_LEASE_MS',
      schema: wholeNumber(500, 600_000),
      // Longer than any one page takes: product 5 s, index 2 × 2 s.
      fallback: '15000',
      description: 'When another replica goes on with a rebuild whose worker tells nothing any more.',
    }),
  },
} as const;
