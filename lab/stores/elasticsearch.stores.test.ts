import test from 'ava';
import { startElasticsearch } from './elasticsearch.ts';

test('three nodes form a cluster that folds accents and survives one of them', async (t) => {
  t.timeout(240_000);
  const cluster = await startElasticsearch({ nodes: 3 });
  t.teardown(() => cluster.close());
  const [first, second] = cluster.nodes;
  const ask = async (url: string, path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}${path}`, { ...init, headers: { 'content-type': 'application/json' } });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  const url = first?.url ?? '';
  t.like((await ask(url, '/')).body, { tagline: 'You Know, for Search' });
  const filter = { type: 'edge_ngram', min_gram: 2, max_gram: 10 };
  const analyzer = { type: 'custom', tokenizer: 'standard', filter: ['lowercase', 'asciifolding', 'edges'] };
  const settings = { number_of_replicas: 1, analysis: { filter: { edges: filter }, analyzer: { folded: analyzer } } };
  const mappings = { properties: { name: { type: 'text', analyzer: 'folded', search_analyzer: 'standard' } } };
  t.is((await ask(url, '/dishes', { method: 'PUT', body: JSON.stringify({ settings, mappings }) })).status, 200);
  const dish = JSON.stringify({ name: 'Crème brûlée' });
  t.is((await ask(url, '/dishes/_doc/1?refresh=true', { method: 'PUT', body: dish })).status, 201);
  await ask(url, '/_cluster/health?wait_for_status=green&timeout=30s');

  await first?.stop('kill');
  const found = await ask(second?.url ?? '', '/dishes/_search?q=name:brul');
  t.is(found.body.hits.total.value, 1);
});
