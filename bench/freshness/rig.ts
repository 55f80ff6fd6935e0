import { createMetrics } from '#chassis/metrics.ts';
import { openSearch, type SearchClient } from '#chassis/search/client.ts';
import { startElasticsearch } from '#lab/stores/elasticsearch.ts';
import { startPostgres } from '#lab/stores/postgres.ts';
import { type IndexNames, indexNames } from '../../services/search/store/names.ts';
import { createServiceDatabase } from '../rig/shop/databases.ts';
import { type ServiceProgram, startService } from '../rig/shop/service-program.ts';
import { createShopTopics } from '../rig/shop/shop-topics.ts';
import { startTappedKafka, type TappedKafka } from '../rig/shop/tapped-kafka.ts';
import { readHttp } from '../rig/wire/http.ts';
import { openTap, type Tap } from '../rig/wire/tap.ts';

/** The way of a change: the product service, Kafka, and the search service, which is not started yet. */
export interface FreshnessRig extends AsyncDisposable {
  readonly product: ServiceProgram;
  readonly kafka: TappedKafka;
  /** Between the search service and Elasticsearch. */
  readonly indexTap: Tap;
  /** Of the bench itself, past the tap. */
  readonly index: SearchClient;
  readonly names: IndexNames;
  /** Starts the search service; it ends with the rig. */
  startSearch(): Promise<ServiceProgram>;
}

const prefix = 'shop-';

/** A busy machine is no overloaded service: a refused change would have no time at all. */
const patient = { APP_SHED_LOOP_DELAY_MS: '0', APP_MAX_WAIT_MS: '30000' };

/** Starts a durable PostgreSQL, Kafka, Elasticsearch and the product service. */
export async function startFreshnessRig(): Promise<FreshnessRig> {
  await using stack = new AsyncDisposableStack();
  const [postgres, kafka, elasticsearch] = await Promise.all([
    startPostgres({ durable: true }).then((server) => stack.adopt(server, ({ close }) => close())),
    startTappedKafka().then((tapped) => stack.use(tapped)),
    startElasticsearch().then((server) => stack.adopt(server, ({ close }) => close())),
  ]);
  await createShopTopics(kafka);
  const elasticsearchUrl = elasticsearch.nodes[0]?.url ?? '';
  const indexTap = stack.use(await openTap(readHttp, { port: Number(new URL(elasticsearchUrl).port) }));
  const connection = { urls: [elasticsearchUrl], connectTimeoutMs: 5000, requestTimeoutMs: 30_000, maxAttempts: 1 };
  const index = stack.adopt(openSearch(connection, createMetrics('bench', 'bench')), (client) => client.close());
  const database = await createServiceDatabase(postgres, 'product');
  const product = stack.use(await startService('product', { ...patient, ...database, ...kafka.environment }));
  const owned = stack.move();
  return {
    ...{ product, kafka, indexTap, index },
    names: indexNames(prefix),
    startSearch: async () =>
      owned.use(
        await startService('search', {
          ...patient,
          ...kafka.environment,
          APP_ELASTICSEARCH_URLS: `http://127.0.0.1:${indexTap.port}`,
          APP_ELASTICSEARCH_REQUEST_TIMEOUT_MS: '15000',
          APP_SEARCH_PREFIX: prefix,
          APP_UPSTREAM_PRODUCT: product.url,
        }),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
