import test, { type ExecutionContext } from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { ElasticsearchStack } from './testing/elasticsearch-stack.ts';

/** Several servers start and restart; on a busy machine each takes half a minute. */
const patienceMs = 400_000;

async function start(t: ExecutionContext, nodes: number) {
  t.timeout(patienceMs);
  const stack = await ElasticsearchStack.start(aCompleteStack({ elasticsearch: { nodes } }));
  t.teardown(() => stack.close());
  return stack;
}

test.serial('one node founds a cluster once, and becomes three without another one', async (t) => {
  const stack = await start(t, 1);
  t.regex(await stack.pods.settings(0), /initial_master_nodes/);
  const { report, readiness } = await stack.untilSettled();
  t.log(readiness.message);
  const uuid = stack.identity;
  t.truthy(uuid);
  t.is(report.version, '8.19.0');
  t.regex(report.guarantee ?? '', /no security/);
  await stack.request('PUT', '/products', { settings: { number_of_replicas: 1 } });
  await stack.request('PUT', '/products/_doc/1?refresh=true', { name: 'chair' });
  t.is((await stack.untilSettled()).readiness.state, 'ready', 'a copy that can have no place does not count');

  await stack.change(aCompleteStack({ elasticsearch: { nodes: 3 } }));
  await stack.untilSettled();
  t.notRegex(await stack.pods.settings(2), /initial_master_nodes/);
  t.is(stack.identity, uuid);
  const health = await stack.request<{ status: string; number_of_nodes: number }>('GET', '/_cluster/health');
  t.like(health, { status: 'green', number_of_nodes: 3 });
  t.deepEqual(stack.steps, []);
});

test.serial('three nodes become one: shards leave, votes leave, pods leave, and nothing is lost', async (t) => {
  const stack = await start(t, 3);
  await stack.untilSettled();
  await stack.request('PUT', '/products', { settings: { number_of_shards: 3, number_of_replicas: 0 } });
  for (const id of [1, 2, 3, 4, 5, 6]) {
    await stack.request('PUT', `/products/_doc/${id}?refresh=true`, { id });
  }
  await stack.untilSettled();
  // Two shards a node at most: the third cannot leave, however fast the others are.
  const limit = 'index.routing.allocation.total_shards_per_node';
  await stack.request('PUT', '/products/_settings', { [limit]: 2 });
  await stack.change(aCompleteStack({ elasticsearch: { nodes: 1 } }));
  await stack.until(() => stack.blocks.has('shardsDrained'));
  t.deepEqual(stack.steps, ['DrainNodes']);
  await stack.request('PUT', '/products/_settings', { [limit]: null });
  await stack.untilSettled();
  t.deepEqual(stack.steps, ['DrainNodes', 'WithdrawVotes', 'RemovePods', 'FinishDrain']);
  t.is(stack.pods.running.length, 1);
  t.is((await stack.request<{ count: number }>('GET', '/products/_count')).count, 6);

  await stack.pods.stop(0);
  await stack.untilSettled();
  t.is((await stack.request<{ count: number }>('GET', '/products/_count')).count, 6, 'one node elects itself');
  const settings = await stack.request<{ persistent: object }>('GET', '/_cluster/settings?flat_settings=true');
  t.deepEqual(settings.persistent, {});
});
