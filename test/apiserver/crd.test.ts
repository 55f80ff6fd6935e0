import { readFileSync } from 'node:fs';
import test from 'ava';
import { parse } from 'yaml';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import type { EcommerceStackStatus } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { crdFile, installStackCrd } from '../support/crd.ts';
import { aManifest, apply, createNamespace, getStack } from '../support/stacks.ts';

const crdName = 'ecommercestacks.ecommerce.stack';

let server: LocalControlPlane;

test.before(async () => {
  server = await startApiServer();
  await installStackCrd(server);
});

test.after.always(() => server?.stop());

const time = '2026-01-02T03:04:05Z';

/** A value in every field of the status. */
const fullStatus: EcommerceStackStatus = {
  observedGeneration: 1,
  phase: 'Updating',
  message: 'redis: two of three shards answer.',
  version: '1.0.0',
  services: '2/9',
  rollout: 'product 20%',
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'PartsNotReady',
      message: 'm',
      lastTransitionTime: time,
      observedGeneration: 1,
    },
  ],
  components: [
    {
      name: 'redis',
      state: 'Progressing',
      reason: 'R',
      message: 'm',
      version: '7.0.15',
      identity: 'x',
      initialized: true,
    },
  ],
  operations: [
    {
      component: 'redis',
      kind: 'Roll',
      step: 'Restart',
      target: 'shop-redis-0',
      startedAt: time,
      blockedBy: 'b',
      message: 'm',
    },
  ],
  rollouts: [
    {
      service: 'product',
      strategy: 'Canary',
      phase: 'Stepping',
      fromVersion: '1.0.0',
      toVersion: '1.1.0',
      weight: 20,
      step: 1,
      revision: 'abc',
      startedAt: time,
      message: 'm',
    },
  ],
  backup: {
    lastSuccessTime: time,
    lastAttemptTime: time,
    lastName: 'b',
    lastSizeBytes: 5_000_000_000,
    lastFailure: 'f',
    lastRestoreTestTime: time,
  },
  endpoints: { url: 'http://shop.localhost', gateway: 'http://shop-gateway:8000' },
  guarantees: { redis: 'Survives nothing.' },
  warnings: ['No backup.'],
  effective: {
    profile: 'Development',
    stores: {
      redis: { mode: 'Builtin', version: '7.0', image: 'i', instances: 3, storageSize: '1Gi', storageClassName: 'c' },
    },
    services: { product: { image: 'i', replicas: '1', cpu: '20m/unlimited', memory: '96Mi/256Mi' } },
  },
  acknowledged: { restart: '1' },
  operatorVersion: '0.1.0',
};

async function writeStatus(namespace: string, status: EcommerceStackStatus): Promise<void> {
  const patch = JSON.stringify({ status });
  await server.kubectl([
    'patch',
    'eshop',
    'shop',
    '-n',
    namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    patch,
  ]);
}

async function withStack(namespace: string): Promise<void> {
  await createNamespace(server, namespace);
  await apply(server, aManifest(namespace, 'shop'));
}

test('the CRD is established and applying it again changes nothing', async (t) => {
  const generation = () => server.kubectl(['get', 'crd', crdName, '-o', 'jsonpath={.metadata.generation}']);
  const before = await generation();
  await server.kubectl(['apply', '--server-side', '-f', crdFile]);
  t.is(await generation(), before);
  const conditions = '{.status.conditions[?(@.status=="False")].type}';
  t.is(await server.kubectl(['get', 'crd', crdName, '-o', `jsonpath=${conditions}`]), '');
});

test('the CRD fits into the annotation of an ordinary kubectl apply', async (t) => {
  await using other = await startApiServer();
  await other.kubectl(['apply', '-f', crdFile]);
  t.regex(await other.kubectl(['apply', '-f', crdFile]), /unchanged/);
});

test("the chart's copy differs in the annotation that keeps it when the chart goes", (t) => {
  const chart = parse(readFileSync('charts/ecommerce-operator/templates/crd.yaml', 'utf8'));
  t.deepEqual(chart.metadata.annotations, { 'helm.sh/resource-policy': 'keep' });
  chart.metadata.annotations = undefined;
  t.deepEqual(JSON.parse(JSON.stringify(chart)), parse(readFileSync(crdFile, 'utf8')));
});

test('kubectl explain tells what a field is for, down to the last', async (t) => {
  const explain = (path: string) => server.kubectl(['explain', path]);
  t.regex(await explain('eshop'), /A whole shop/);
  t.regex(
    await explain('ecommercestack.spec.profile'),
    /ENUM:\s+Development\s+Production[\s\S]*refuses single points of\s+failure/,
  );
  t.regex(await explain('ecommercestack.spec.redis.shards'), /Primaries that share the keys/);
  t.regex(await explain('ecommercestack.spec.services.autoscaling.cpuPercent'), /percent of the request/);
  t.notRegex(await server.kubectl(['explain', 'ecommercestack', '--recursive']), /<unknown>/);
});

test('kubectl get shows what matters, and more with -o wide', async (t) => {
  await withStack('columns');
  await writeStatus('columns', fullStatus);
  const [header = '', row = ''] = (await server.kubectl(['get', 'eshop', '-n', 'columns'])).split('\n');
  t.deepEqual(header.trim().split(/\s+/), [
    'NAME',
    'READY',
    'PHASE',
    'VERSION',
    'SERVICES',
    'ROLLOUT',
    'BACKUP',
    'AGE',
  ]);
  t.regex(row, /^shop +False +Updating +1\.0\.0 +2\/9 +product 20% +\S+ +\S+/);
  const [wide = ''] = (await server.kubectl(['get', 'eshop', '-n', 'columns', '-o', 'wide'])).split('\n');
  t.deepEqual(wide.trim().split(/\s+/).slice(-3), ['MESSAGE', 'HOST', 'OBSERVED']);
});

/** What the schema says of a stack that nobody has seen: kstatus takes it for InProgress, as its generation is 1. */
const unseen: EcommerceStackStatus = {
  observedGeneration: -1,
  phase: 'Pending',
  message: 'No operator has looked at this stack yet.',
};

test('a stack is Pending from the moment it is accepted, also where no operator runs', async (t) => {
  await withStack('fresh');
  t.deepEqual((await getStack(server, 'fresh', 'shop')).status, unseen);
  t.regex(await server.kubectl(['get', 'ecommerce', '-n', 'fresh']), /shop +Pending +1\.0\.0 +\d+s/);
});

test('every field of the status is kept as written', async (t) => {
  await withStack('status');
  await writeStatus('status', fullStatus);
  t.deepEqual((await getStack(server, 'status', 'shop')).status, fullStatus);
});

test('the status is written through its own subresource only', async (t) => {
  await createNamespace(server, 'subresource');
  await apply(server, { ...aManifest('subresource', 'shop'), status: fullStatus });
  t.deepEqual((await getStack(server, 'subresource', 'shop')).status, unseen);
});

test('kubectl wait follows the Ready condition', async (t) => {
  await withStack('waiting');
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'AllReady',
    message: 'm',
    lastTransitionTime: time,
    observedGeneration: 1,
  } as const;
  await writeStatus('waiting', { conditions: [ready] });
  t.regex(
    await server.kubectl(['wait', '--for=condition=Ready', 'eshop/shop', '-n', 'waiting', '--timeout=5s']),
    /met/,
  );
});

test('a misspelled field is refused instead of ignored', async (t) => {
  await createNamespace(server, 'misspelled');
  const object = { ...aManifest('misspelled', 'shop', {}), spec: { ...aManifest('x', 'x').spec, postgress: {} } };
  const error = await t.throwsAsync(apply(server, object));
  t.regex(error?.message ?? '', /unknown field "postgress"/);
});

test('static defaults are filled in and those of the profile are not', async (t) => {
  await createNamespace(server, 'defaults');
  await apply(server, aManifest('defaults', 'shop', { postgres: {}, services: { cart: {} } }));
  const { spec } = await getStack(server, 'defaults', 'shop');
  t.deepEqual(spec.postgres, { mode: 'Builtin' });
  t.deepEqual(spec.services, { cart: { enabled: true } });
  t.is(spec.deletionPolicy, 'Retain');
});
