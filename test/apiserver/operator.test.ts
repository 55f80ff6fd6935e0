import test, { type ExecutionContext } from 'ava';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { installOperator, type OperatorProcess, startOperator } from '../support/operator-process.ts';
import {
  aManifest,
  apply,
  conditionOf,
  createNamespace,
  getStack,
  listObjects,
  waitForStack,
} from '../support/stacks.ts';

const childKinds = 'deployments,statefulsets,services,serviceaccounts,configmaps,secrets,roles,rolebindings,jobs';

let server: LocalControlPlane;
let kubeconfig: string;

test.before(async () => {
  server = await startApiServer({ audit: true });
  kubeconfig = await installOperator(server);
});

test.after.always(() => server?.stop());

/** A namespace with a stack whose children have all been applied, and the operator that did it. */
async function withStack(
  t: ExecutionContext,
  namespace: string,
): Promise<{ operator: OperatorProcess; namespace: string }> {
  await createNamespace(server, namespace);
  const operator = await startOperator(kubeconfig, { OPERATOR_NAMESPACES: namespace });
  t.teardown(() => operator.kill());
  await apply(server, aManifest(namespace, 'shop'));
  await waitForStack(server, `${namespace}/shop`, ({ status }) => (status?.components?.length ?? 0) > 3);
  await quiet(namespace);
  return { operator, namespace };
}

/** What the operator asked of the API server, in a namespace: `patch deployments/shop-gateway`. */
async function requestsOf(namespace: string): Promise<readonly string[]> {
  const events = await server.auditEvents();
  return events
    .filter(
      ({ user, objectRef, verb }) =>
        user.username === 'ecommerce-operator' && objectRef?.namespace === namespace && verb !== 'watch',
    )
    .filter(({ objectRef }) => objectRef?.resource !== 'events')
    .map(({ verb, objectRef }) =>
      `${verb} ${objectRef?.resource}${objectRef?.subresource ? `/${objectRef.subresource}` : ''} ${objectRef?.name ?? ''}`.trim(),
    );
}

/** Waits until the operator has asked nothing for two seconds, and gives the number of its requests. */
async function quiet(namespace: string): Promise<number> {
  let last = { count: -1, sinceMs: performance.now() };
  return waitFor(
    'the operator is quiet',
    async () => {
      const count = (await requestsOf(namespace)).length;
      if (count !== last.count) {
        last = { count, sinceMs: performance.now() };
      }
      return performance.now() - last.sinceMs > 2000 ? count : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
}

test('a stack gets all its children with the rights of the chart, and says first that it is not ready', async (t) => {
  const { namespace } = await withStack(t, 'create');
  const stack = await getStack(server, namespace, 'shop');
  t.is(stack.status?.observedGeneration, 1);
  t.is(stack.status?.phase, 'Creating');
  t.is(conditionOf(stack, 'Ready')?.status, 'False');
  t.is(conditionOf(stack, 'Reconciling')?.status, 'True');
  t.is(conditionOf(stack, 'KafkaReady')?.reason, 'NotImplemented');
  const names = (await listObjects(server, namespace, childKinds)).map(
    ({ kind, metadata }) => `${kind} ${metadata.name}`,
  );
  for (const wanted of [
    'StatefulSet shop-postgres',
    'StatefulSet shop-redis',
    'Deployment shop-gateway',
    'Service shop-product',
  ]) {
    t.true(names.includes(wanted), `${wanted} is missing in ${names.join(', ')}`);
  }
  const requests = await requestsOf(namespace);
  t.is(
    requests.find((one) => /^(create|patch)/.test(one)),
    'patch ecommercestacks/status shop',
  );
});

test('an unchanged stack costs no request, and a restarted operator writes nothing', async (t) => {
  const { operator, namespace } = await withStack(t, 'idle');
  const before = await quiet(namespace);
  await operator.kill();
  const again = await startOperator(kubeconfig, { OPERATOR_NAMESPACES: namespace });
  t.teardown(() => again.kill());
  await waitFor('a pass over the stack', async () => again.logs.some((line) => line['msg'] === 'pass done'), {
    timeoutMs: 30_000,
  });
  await quiet(namespace);
  const since = (await requestsOf(namespace)).slice(before);
  t.deepEqual(
    since.filter((one) => !/^(list|get) /.test(one)),
    [],
  );
});

test('one changed field is one child write, at most two of the status, and no read', async (t) => {
  const { namespace } = await withStack(t, 'change');
  const before = await quiet(namespace);
  await apply(server, aManifest(namespace, 'shop', { services: { gateway: { env: { APP_LOG_LEVEL: 'debug' } } } }));
  await waitForStack(server, `${namespace}/shop`, ({ status }) => status?.observedGeneration === 2);
  await quiet(namespace);
  const since = (await requestsOf(namespace)).slice(before);
  t.deepEqual(
    since.filter((one) => !one.includes('ecommercestacks')),
    ['patch deployments shop-gateway'],
  );
  t.true(since.filter((one) => one.includes('ecommercestacks/status')).length <= 2, since.join(', '));
});

test('a child that is edited or deleted is put back', async (t) => {
  const { operator, namespace } = await withStack(t, 'drift');
  await server.kubectl([
    'patch',
    'service',
    'shop-gateway',
    '-n',
    namespace,
    '--type=merge',
    '-p',
    '{"spec":{"selector":{"app.kubernetes.io/name":"other"}}}',
  ]);
  await waitFor(
    'the selector is back',
    async () => {
      const [service] = (await listObjects(server, namespace, 'services')).filter(
        ({ metadata }) => metadata.name === 'shop-gateway',
      );
      return JSON.stringify(service?.['spec']).includes('"app.kubernetes.io/name":"gateway"');
    },
    { timeoutMs: 10_000 },
  );
  await server.kubectl(['delete', 'deployment', 'shop-gateway', '-n', namespace, '--wait=false']);
  await waitFor(
    'the Deployment is back',
    () => server.kubectl(['get', 'deployment', 'shop-gateway', '-n', namespace]),
    { timeoutMs: 10_000 },
  );
  t.true(((await operator.metric('ecommerce_drift_corrections_total', { kind: 'Service' })) ?? 0) >= 1);
  t.true(((await operator.metric('ecommerce_drift_corrections_total', { kind: 'Deployment' })) ?? 0) >= 1);
});

test('one broken stack does not stop another', async (t) => {
  const { namespace } = await withStack(t, 'broken');
  const external = { mode: 'External', connectionSecretRef: { name: 'nowhere' } } as const;
  await apply(server, aManifest(namespace, 'broken', { postgres: external }), aManifest(namespace, 'other'));
  const broken = await waitForStack(
    server,
    `${namespace}/broken`,
    (stack) => conditionOf(stack, 'PostgresReady')?.reason === 'InputSecretMissing',
  );
  t.regex(
    conditionOf(broken, 'PostgresReady')?.message ?? '',
    /Secret nowhere of namespace broken does not exist; create it with the keys host/,
  );
  await waitForStack(server, `${namespace}/other`, ({ status }) => (status?.components?.length ?? 0) > 3);
  t.truthy(await server.kubectl(['get', 'statefulset', 'other-postgres', '-n', namespace]));
});

test('a stack survives the loss of the API server', async (t) => {
  const { namespace, operator } = await withStack(t, 'outage');
  await server.stopProgram('kube-apiserver');
  await waitFor(
    'the operator notices',
    async () => operator.logs.some(({ level }) => level === 'warn' || level === 'error'),
    { timeoutMs: 30_000 },
  );
  await server.startProgram('kube-apiserver');
  await server.kubectl(['delete', 'service', 'shop-gateway', '-n', namespace, '--wait=false']);
  await waitFor('the Service is back', () => server.kubectl(['get', 'service', 'shop-gateway', '-n', namespace]), {
    timeoutMs: 60_000,
  });
  t.is(operator.logs.filter(({ msg }) => msg === 'unhandled rejection').length, 0);
});

test('under Delete with confirmation the credentials go with the stack, under Retain they stay', async (t) => {
  const { namespace } = await withStack(t, 'deletion');
  await apply(server, aManifest(namespace, 'gone', { deletionPolicy: 'Delete', deletionConfirmation: 'gone' }));
  await waitFor(
    'the finalizer is set',
    async () => (await getStack(server, namespace, 'gone')).metadata.finalizers?.includes('ecommerce.stack/data'),
    { timeoutMs: 30_000 },
  );
  await waitFor(
    'the credentials are there',
    () => server.kubectl(['get', 'secret', 'gone-redis-credentials', '-n', namespace]),
    { timeoutMs: 30_000 },
  );
  await server.kubectl(['delete', 'ecommercestack', 'gone', 'shop', '-n', namespace, '--timeout=30s']);
  const secrets = (await listObjects(server, namespace, 'secrets')).map(({ metadata }) => metadata.name);
  t.false(secrets.includes('gone-redis-credentials'));
  t.true(secrets.includes('shop-redis-credentials'));
});

test('the operator stops within its grace and with code 0', async (t) => {
  const { operator } = await withStack(t, 'stop');
  t.is(await operator.stop(), 0);
});
