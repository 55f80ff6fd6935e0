import test from 'ava';
import { startElasticsearch } from '../../../lab/stores/elasticsearch.ts';
import { createMetrics } from '../metrics.ts';
import { createSearchCheck, openSearch } from './client.ts';
import { applyChanges, search, searchAll } from './documents.ts';
import { createIndex, deleteIndex, indicesOf, pointAlias, putTemplate } from './indices.ts';

interface Product {
  readonly sku: string;
  readonly name: string;
}

const put = (id: number, version: number, name = `chair ${id}`) =>
  ({ kind: 'put', id: String(id), version, document: { sku: `sku-${String(id).padStart(4, '0')}`, name } }) as const;

test('documents, aliases and pages, over the loss of a node', async (t) => {
  t.timeout(240_000);
  const cluster = await startElasticsearch({ nodes: 3 });
  const metrics = createMetrics('search', '1.0.0');
  const client = openSearch(
    {
      urls: cluster.nodes.map(({ url }) => url),
      connectTimeoutMs: 1000,
      requestTimeoutMs: 10_000,
      maxAttempts: 10,
    },
    metrics,
  );
  t.teardown(async () => {
    await client.close();
    await cluster.close();
  });
  await createSearchCheck(client, true).probe();

  const mappings = { properties: { sku: { type: 'keyword' }, name: { type: 'text' } } };
  await putTemplate(client, 'products', { patterns: ['products-*'], settings: { number_of_shards: 1 }, mappings });
  await createIndex(client, 'products-1');
  await createIndex(client, 'products-1');
  await pointAlias(client, 'products', 'products-1');

  const changes = Array.from({ length: 250 }, (_, id) => put(id, 5));
  t.deepEqual(await applyChanges(client, 'products', changes, { waitForRefresh: true }), {
    stored: 250,
    stale: 0,
    failed: [],
  });
  const late = await applyChanges(client, 'products', [
    put(1, 4, 'an older name'),
    { kind: 'delete', id: '2', version: 6 },
    { kind: 'delete', id: 'unknown', version: 1 },
  ]);
  t.like(late, { stored: 2, stale: 1 });
  t.deepEqual((await applyChanges(client, 'products', [put(2, 5)])).stale, 1, 'a deletion keeps older versions out');

  // A copy on another node first: an index whose only copy dies with its node cannot answer.
  const health = '/_cluster/health/products-1?wait_for_status=green&timeout=9s';
  await client.send({ operation: 'health', method: 'GET', path: health, isSafe: true });
  // A node dies under the client: requests go on at the others.
  await cluster.nodes[0]?.stop('kill');
  const found = await search<Product>(client, 'products', { query: { match: { name: 'chair' } }, size: 3 });
  t.true(found.total >= 249);
  t.deepEqual((await applyChanges(client, 'products', [put(300, 1)], { waitForRefresh: true })).stored, 1);
  const ids: string[] = [];
  for await (const page of searchAll<Product>(client, 'products', {
    body: { sort: [{ sku: 'asc' }] },
    pageSize: 100,
  })) {
    ids.push(...page.map(({ id }) => id));
  }
  t.is(new Set(ids).size, 250);
  t.is(ids.length, 250);

  await createIndex(client, 'products-2');
  await pointAlias(client, 'products', 'products-2');
  t.deepEqual(await indicesOf(client, 'products'), ['products-2']);
  await deleteIndex(client, 'products-1');
  await deleteIndex(client, 'products-1');
  await t.throwsAsync(search(client, 'nowhere', {}), { name: 'SearchRefusedError', message: /nowhere/ });
  t.regex(await metrics.registry.metrics(), /elasticsearch_requests_total\{operation="bulk",outcome="ok"/);
});

test('without a server a request fails with a reason, in bounded attempts', async (t) => {
  const settings = { urls: ['http://127.0.0.1:1'], connectTimeoutMs: 200, requestTimeoutMs: 500, maxAttempts: 2 };
  const client = openSearch(settings, createMetrics('search', '1.0.0'));
  t.teardown(() => client.close());
  await t.throwsAsync(search(client, 'products', {}), { name: 'SearchUnavailableError', message: /ECONNREFUSED/ });
  await t.throwsAsync(createSearchCheck(client, true).probe());
});
