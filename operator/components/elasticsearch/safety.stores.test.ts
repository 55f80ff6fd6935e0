import test, { type ExecutionContext } from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { ElasticsearchStack } from './testing/elasticsearch-stack.ts';
import { BulkWriter, findLostDocuments } from './testing/writer.ts';

/** Several servers start and restart; on a busy machine each takes half a minute. */
const patienceMs = 400_000;

async function start(t: ExecutionContext, nodes: number) {
  t.timeout(patienceMs);
  const stack = await ElasticsearchStack.start(aCompleteStack({ elasticsearch: { nodes } }));
  t.teardown(() => stack.close());
  await stack.untilSettled();
  return stack;
}

const ordinalOf = (name: string) => Number(name.split('-').at(-1));
const isRolled = (stack: ElasticsearchStack) => () =>
  stack.pods.running.every(({ revision }) => revision === stack.revision);

test.serial('a killed node, a killed master and a roll lose no acknowledged document', async (t) => {
  const stack = await start(t, 3);
  await stack.request('PUT', '/products', { settings: { number_of_replicas: 1 } });
  await stack.request('GET', '/_cluster/health?wait_for_status=green&timeout=30s');
  const writer = BulkWriter.start(() => stack.pods.urls(), 'products');
  t.teardown(() => writer.stop());
  const master = ordinalOf(await stack.master());
  for (const ordinal of [[0, 1, 2].find((one) => one !== master) ?? 0, master]) {
    await stack.pods.stop(ordinal, 'SIGKILL');
    t.not((await stack.pass()).readiness.state, 'ready');
    await stack.untilSettled();
  }
  t.deepEqual(stack.steps, []);

  stack.revision = 'revision-2';
  await stack.until(isRolled(stack));
  await stack.untilSettled();
  const written = await writer.stop();
  const restarts = stack.messages.filter((message) => message.startsWith('Restarts'));
  t.is(restarts.length, 3);
  t.regex(restarts.at(-1) ?? '', /elected master/, 'the master goes last');
  t.is(stack.steps.filter((step) => step === 'ReleaseAllocation').length, 3);
  const [url = ''] = stack.pods.urls();
  const lost = await findLostDocuments(url, 'products', written.acknowledged);
  t.log(
    `${written.acknowledged.length} acknowledged of ${written.attempts} attempts, longest gap ${written.longestGapMs} ms`,
  );
  t.true(written.acknowledged.length > 0);
  t.deepEqual(lost, []);
  const settings = await stack.request<{ persistent: object }>('GET', '/_cluster/settings?flat_settings=true');
  t.deepEqual(settings.persistent, {});
});

test.serial('an operator that dies while copies are held leaves nothing held', async (t) => {
  const stack = await start(t, 3);
  stack.revision = 'revision-2';
  stack.beforeRemoval = () => {
    throw new Error('the operator died');
  };
  await t.throwsAsync(stack.pass(), { message: 'the operator died' });
  const held = await stack.request<{ persistent: Record<string, string> }>(
    'GET',
    '/_cluster/settings?flat_settings=true',
  );
  t.is(held.persistent['cluster.routing.allocation.enable'], 'primaries');
  stack.beforeRemoval = () => undefined;
  stack.revision = 'revision-1';
  await stack.untilSettled();
  t.is(stack.steps.at(-1), 'ReleaseAllocation');
  const after = await stack.request<{ persistent: object }>('GET', '/_cluster/settings?flat_settings=true');
  t.deepEqual(after.persistent, {});

  await stack.request('PUT', '/_cluster/settings', { persistent: { 'cluster.routing.allocation.enable': 'none' } });
  stack.revision = 'revision-2';
  await stack.pass();
  t.true(stack.blocks.has('allocationFree'), "somebody else's setting is not taken away");
});

test.serial('a full disk, a lost volume, a foreign volume and a newer volume are named', async (t) => {
  const stack = await start(t, 1);
  await stack.request('PUT', '/products/_doc/1?refresh=true', { name: 'chair' });
  const block = { 'index.blocks.read_only_allow_delete': true };
  await stack.request('PUT', '/products/_settings', block);
  const full = await stack.until(({ readiness }) => readiness.state === 'failed');
  t.like(full.readiness, { reason: 'DiskFull', terminal: false });
  t.regex(full.readiness.message, /products/);

  await stack.pods.stop(0);
  const original = stack.pods.takeVolume(0);
  const lost = await stack.until(({ readiness }) => readiness.state === 'failed' && readiness.terminal);
  t.like(lost.readiness, { reason: 'DataMissing' });
  t.regex(lost.readiness.message, /shop-es-0 .*elasticsearch-credentials/);

  await stack.pods.stop(0);
  stack.pods.giveVolume(0, original);
  await stack.pods.stamp(0, 'stack-id', 'of-another-stack');
  const foreign = await stack.until(
    ({ readiness }) => readiness.state === 'failed' && readiness.reason === 'IdentityMismatch',
  );
  t.regex(foreign.readiness.message, /of-another-stack/);

  await stack.pods.stop(0);
  await stack.pods.stamp(0, 'stack-id', stack.pods.credentials['stack-id'] ?? '');
  await stack.pods.stamp(0, 'version', '9.2.0');
  const newer = await stack.until(
    ({ readiness }) => readiness.state === 'failed' && readiness.reason === 'VersionRefused',
  );
  t.regex(newer.readiness.message, /9\.2\.0.*8\.19\.0/);
  t.deepEqual(stack.steps, []);
});
