import { startElasticsearch } from '../../lab/stores/elasticsearch.ts';
import { startKafka } from '../../lab/stores/kafka.ts';
import { startPostgres } from '../../lab/stores/postgres.ts';
import { startRedisCluster } from '../../lab/stores/redis.ts';
import type { Admin } from './admin.ts';
import { readExample, stackIn } from './manifests.ts';

/** Real data stores for stacks of `examples/external-stores.yaml`: those become Ready without a node to run pods on. */
export interface ExternalStores extends AsyncDisposable {
  /** Namespaces of the stacks, each with a stack `shop`. */
  readonly namespaces: readonly string[];
}

/**
 * Creates stacks in namespaces of their own: one Redis Cluster, Kafka and Elasticsearch for all, a PostgreSQL for each, for
 * roles are its own.
 */
export async function createExternalStacks(admin: Admin, count: number): Promise<ExternalStores> {
  const names = Array.from({ length: count }, (_, index) => `shop-${index}`);
  const stack = await readExample('external-stores');
  await using stores = new AsyncDisposableStack();
  const redis = stores.adopt(await startRedisCluster(), (cluster) => cluster.close());
  const kafka = stores.adopt(await startKafka(), (cluster) => cluster.close());
  const elasticsearch = stores.adopt(await startElasticsearch(), (cluster) => cluster.close());
  const shared = {
    'shop-cache': { nodes: redis.nodeList, password: redis.password },
    'shop-events': { bootstrapServers: kafka.bootstrapServers.join(',') },
    'shop-search': { url: elasticsearch.nodes.map(({ url }) => url).join(',') },
  };
  for (const namespace of names) {
    const postgres = stores.adopt(await startPostgres(), (server) => server.close());
    await admin.createNamespace(namespace);
    for (const [name, values] of Object.entries(shared)) {
      await createSecret(admin, namespace, name, values);
    }
    await createSecret(admin, namespace, 'shop-database', {
      host: postgres.host,
      port: String(postgres.port),
      username: postgres.username,
      password: postgres.password,
      sslmode: 'disable',
    });
    await admin.client.create(stackIn(stack, namespace));
  }
  const kept = stores.move();
  return { namespaces: names, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function createSecret(
  admin: Admin,
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  await admin.client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData });
}
