import test from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { OperatorRig } from '../support/operator-rig.ts';
import { listObjects } from '../support/read-objects.ts';
import { measureRepair } from '../support/repair.ts';
import { aManifest, apply, conditionOf, getStack, waitForStack } from '../support/stacks.ts';

const childKinds = [
  'deployments',
  'statefulsets',
  'services',
  'serviceaccounts',
  'configmaps',
  'secrets',
  'roles',
  'rolebindings',
  'jobs',
] as const;

let rig: OperatorRig;

test.before(async () => {
  rig = await OperatorRig.start();
});

test.after.always(() => rig?.stop());

test('a stack gets all its children with the rights of the chart, and then a status that says it is not ready', async (t) => {
  const namespace = 'create';
  await rig.withStack(t, namespace);
  const stack = await getStack(rig.server, namespace, 'shop');
  t.is(stack.status?.observedGeneration, 1);
  t.is(stack.status?.phase, 'Creating');
  t.is(conditionOf(stack, 'Ready')?.status, 'False');
  t.is(conditionOf(stack, 'Reconciling')?.status, 'True');
  t.is(conditionOf(stack, 'IngressReady')?.reason, 'NotImplemented');
  const names = (await listObjects(rig.server, namespace, ...childKinds)).map(
    ({ kind, metadata }) => `${kind} ${metadata.name}`,
  );
  for (const wanted of [
    'StatefulSet shop-postgres',
    'StatefulSet shop-redis',
    'StatefulSet shop-kafka',
    'StatefulSet shop-es',
    'Deployment shop-gateway',
    'Service shop-product',
    'Service shop-user',
    'Service shop-cart',
    'Service shop-inventory',
    'Deployment shop-search',
  ]) {
    t.true(names.includes(wanted), `${wanted} is missing in ${names.join(', ')}`);
  }
  const writes = (await rig.requestsOf(namespace)).filter((one) => /^(create|patch)/.test(one));
  const firstStatus = writes.indexOf('patch ecommercestacks/status shop');
  t.true(firstStatus > writes.indexOf('patch deployments shop-gateway'), writes.join(', '));
});

test('an unchanged stack costs no request, and a restarted operator writes nothing', async (t) => {
  const namespace = 'idle';
  const operator = await rig.withStack(t, namespace);
  const before = await rig.quiet(namespace);
  await operator.kill();
  const again = await rig.operate(t, namespace);
  await waitFor('a pass over the stack', async () => again.logs.some((line) => line['msg'] === 'pass done'), {
    timeoutMs: 30_000,
  });
  await rig.quiet(namespace);
  const since = (await rig.requestsOf(namespace)).slice(before);
  t.deepEqual(
    since.filter((one) => !/^(list|get) /.test(one)),
    [],
  );
});

test('one changed field is one child write, at most two of the status, and no read', async (t) => {
  const namespace = 'change';
  await rig.withStack(t, namespace);
  const before = await rig.quiet(namespace);
  await apply(rig.server, aManifest(namespace, 'shop', { services: { gateway: { env: { APP_LOG_LEVEL: 'debug' } } } }));
  await waitForStack(rig.server, `${namespace}/shop`, ({ status }) => status?.observedGeneration === 2);
  await rig.quiet(namespace);
  const since = (await rig.requestsOf(namespace)).slice(before);
  t.deepEqual(
    since.filter((one) => !one.includes('ecommercestacks')),
    ['patch deployments shop-gateway'],
  );
  t.true(since.filter((one) => one.includes('ecommercestacks/status')).length <= 2, since.join(', '));
});

test('a child that is edited or deleted is put back by the next pass, without a retry', async (t) => {
  const namespace = 'drift';
  const operator = await rig.withStack(t, namespace);
  const { server } = rig;
  const service = { namespace, resource: 'services', name: 'shop-gateway' };
  const elsewhere = '{"spec":{"selector":{"app.kubernetes.io/name":"other"}}}';
  const edited = await measureRepair(rig, operator, service, () =>
    server.kubectl(['patch', 'service', service.name, '-n', namespace, '--type=merge', '-p', elsewhere]),
  );
  const gone = await measureRepair(rig, operator, { ...service, resource: 'deployments' }, () =>
    server.kubectl(['delete', 'deployment', service.name, '-n', namespace, '--wait=false']),
  );
  for (const [what, { ms, writes, passes }] of Object.entries({ edited, gone })) {
    t.log(`${what}: repaired after ${ms} ms`);
    t.is(writes, 1, what);
    // The event may come while a pass is under way, which then is the first of two.
    t.true(passes.length === 1 || passes.length === 2, `${what}: ${JSON.stringify(passes)}`);
    t.true(
      passes.every(({ result }) => result !== 'error'),
      `${what}: ${JSON.stringify(passes)}`,
    );
  }
  const live = (await listObjects(server, namespace, 'services')).find(
    ({ metadata }) => metadata.name === service.name,
  );
  t.regex(JSON.stringify(live?.['spec']), /"app.kubernetes.io\/name":"gateway"/);
  t.is(await operator.metric('ecommerce_drift_corrections_total', { kind: 'Service' }), 1);
  t.is(await operator.metric('ecommerce_drift_corrections_total', { kind: 'Deployment' }), 1);
});

test('one broken stack does not stop another', async (t) => {
  const namespace = 'broken';
  await rig.withStack(t, namespace);
  const external = { mode: 'External', connectionSecretRef: { name: 'nowhere' } } as const;
  await apply(rig.server, aManifest(namespace, 'broken', { postgres: external }), aManifest(namespace, 'other'));
  const broken = await waitForStack(
    rig.server,
    `${namespace}/broken`,
    (stack) => conditionOf(stack, 'PostgresReady')?.reason === 'InputSecretMissing',
  );
  t.regex(
    conditionOf(broken, 'PostgresReady')?.message ?? '',
    /Secret nowhere of namespace broken does not exist; create it with the keys host/,
  );
  await waitForStack(rig.server, `${namespace}/other`, ({ status }) => (status?.components?.length ?? 0) > 3);
  t.truthy(await rig.server.kubectl(['get', 'statefulset', 'other-postgres', '-n', namespace]));
});

test('under Delete with confirmation the credentials go with the stack, under Retain they stay', async (t) => {
  const namespace = 'deletion';
  await rig.withStack(t, namespace);
  await apply(rig.server, aManifest(namespace, 'gone', { deletionPolicy: 'Delete', deletionConfirmation: 'gone' }));
  await waitFor(
    'the finalizer is set',
    async () => (await getStack(rig.server, namespace, 'gone')).metadata.finalizers?.includes('ecommerce.stack/data'),
    { timeoutMs: 30_000 },
  );
  await waitFor(
    'the credentials are there',
    () => rig.server.kubectl(['get', 'secret', 'gone-redis-credentials', '-n', namespace]),
    { timeoutMs: 30_000 },
  );
  await rig.server.kubectl(['delete', 'ecommercestack', 'gone', 'shop', '-n', namespace, '--timeout=30s']);
  const secrets = (await listObjects(rig.server, namespace, 'secrets')).map(({ metadata }) => metadata.name);
  t.false(secrets.includes('gone-redis-credentials'));
  t.true(secrets.includes('shop-redis-credentials'));
});

test("somebody else's Service of the same name is left as it is, until it is handed over", async (t) => {
  const namespace = 'foreign';
  await rig.withStack(t, namespace);
  const ports = [{ name: 'web', port: 80 }];
  const foreign = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'new-redis', namespace }, spec: { ports } };
  await apply(rig.server, foreign);
  await apply(rig.server, aManifest(namespace, 'new'));
  const stalled = await waitForStack(
    rig.server,
    `${namespace}/new`,
    (stack) => conditionOf(stack, 'Stalled')?.reason === 'Conflict',
  );
  t.regex(
    conditionOf(stalled, 'Stalled')?.message ?? '',
    /Service new-redis exists .* kubectl label service new-redis/,
  );
  const look = async () =>
    (await listObjects(rig.server, namespace, 'services')).find(({ metadata }) => metadata.name === 'new-redis');
  t.is((await look())?.metadata.ownerReferences, undefined);
  t.regex(JSON.stringify((await look())?.['spec']), /"web"/);
  t.truthy(await rig.server.kubectl(['get', 'statefulset', 'new-postgres', '-n', namespace]));
  const labels = ['app.kubernetes.io/managed-by=ecommerce-operator', 'ecommerce.stack/stack=new'];
  await rig.server.kubectl(['label', 'service', 'new-redis', '-n', namespace, ...labels]);
  await waitForStack(rig.server, `${namespace}/new`, (stack) => conditionOf(stack, 'Stalled') === undefined);
  t.is((await look())?.metadata.ownerReferences?.[0]?.name, 'new');
});

test('a deleted credential Secret comes back as it was', async (t) => {
  const namespace = 'credentials';
  await rig.withStack(t, namespace);
  const data = () =>
    rig.server.kubectl(['get', 'secret', 'shop-redis-credentials', '-n', namespace, '-o', 'jsonpath={.data}']);
  const before = await data();
  await rig.server.kubectl(['delete', 'secret', 'shop-redis-credentials', '-n', namespace]);
  t.is(await waitFor('the Secret is back', data, { timeoutMs: 30_000 }), before);
});

test('the operator stops within its grace and with code 0', async (t) => {
  const operator = await rig.withStack(t, 'stop');
  t.is(await operator.stop(), 0);
});
