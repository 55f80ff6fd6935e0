import { generateKeyPairSync, randomBytes } from 'node:crypto';
import test from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { run } from '../../lab/programs/run.ts';
import { silentProgress } from '../../lab/progress.ts';
import type { EcommerceStack, EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { seedShop } from '../../scripts/seed/seed-shop.ts';
import { seedSkus, seedWarehouses } from '../../scripts/seed/stock.ts';
import { seedUsers } from '../../scripts/seed/users.ts';
import { listObjects } from '../support/read-objects.ts';
import type { ShopClient } from '../support/shop-client.ts';
import { namespace, ShopCluster } from '../support/shop-cluster.ts';
import { ShopReader } from '../support/shop-reader.ts';
import { ShopWriter } from '../support/shop-writer.ts';
import { aManifest, apply, conditionOf, waitForStack } from '../support/stacks.ts';
import { watchLines } from '../support/watch-lines.ts';

// One lab and one stack for the whole file; each test leaves the stack Ready for the next.
let lab: ShopCluster;
let visitor: ShopClient;
let admin: ShopClient;
let url: string;

/** All that this version of the operator runs. */
const services = ['cart', 'gateway', 'inventory', 'product', 'search', 'user'];

/** What the stack has become towards the end. */
const grown: Partial<EcommerceStackSpec> = { postgres: { readReplicas: 1 }, services: { gateway: { replicas: 2 } } };

test.before(async () => {
  lab = await ShopCluster.start();
});

test.after.always(async () => {
  await lab?.[Symbol.asyncDispose]();
});

test.serial('the minimal stack becomes Ready and says what it is', async (t) => {
  const began = performance.now();
  const stack = await lab.ready('shop', {});
  t.log(`Ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  t.is(stack.status?.services, '6/9');
  t.is(stack.status?.version, '1.0.0');
  t.is(conditionOf(stack, 'PostgresReady')?.status, 'True');
  t.is(conditionOf(stack, 'RedisReady')?.status, 'True');
  t.is(conditionOf(stack, 'KafkaReady')?.status, 'True');
  t.is(conditionOf(stack, 'HighAvailability')?.status, 'False');
  t.truthy(stack.status?.guarantees?.['postgres']);
  t.log(await lab.kubectl('get', 'ecommercestack', '-n', namespace));
  t.log(await lab.kubectl('get', 'eshop', '-n', namespace, '-o', 'wide'));
  await lab.kubectl('wait', 'eshop/shop', '-n', namespace, '--for=condition=Ready', '--timeout=5s');
  ({ visitor, admin, url } = await lab.shop('shop'));
});

test.serial(
  'make seed fills the shop, again it adds nothing, and a customer finds something and gets a quote',
  async (t) => {
    const target = {
      namespace,
      stack: 'shop',
      url: async () => url,
      kubectl: (args: readonly string[]) => lab.cluster.kubectl(args),
    };
    const seeded = async () => {
      const began = performance.now();
      await seedShop(target, silentProgress);
      t.log(`filled in ${((performance.now() - began) / 1000).toFixed(1)} s`);
      return readSeeded();
    };
    const first = await seeded();
    t.is(first.users, seedUsers.length);
    t.is(first.levels, seedWarehouses.length);
    t.true(first.products >= 1000);
    t.deepEqual(await seeded(), first);
    t.log(await run([process.execPath, 'examples/walk-through.ts', url], { timeoutMs: 120_000 }));
    // A Production shop must not get accounts whose password everybody can read.
    const production = async (args: readonly string[]) =>
      (await lab.cluster.kubectl(args)).replace('"profile": "Development"', '"profile": "Production"');
    await t.throwsAsync(seedShop({ ...target, kubectl: production }, silentProgress), {
      message: /profile Production/,
    });
  },
);

/** How much there is of what `make seed` adds, and a level of it with its version. */
async function readSeeded() {
  const itemsOf = async (path: string) => (await admin.get(path)).body['items'] as readonly { onHand?: unknown }[];
  const stock = await itemsOf(`/api/v1/stock/levels?sku=${seedSkus()[0]}`);
  return {
    products: Number((await visitor.get('/api/v1/search?limit=1')).body['total']),
    users: (await itemsOf('/api/v1/users?limit=100')).length,
    // Who hears of a product before its first delivery gives it an empty level in the first warehouse.
    levels: stock.filter(({ onHand }) => Number(onHand) > 0).length,
    stock,
    coupons: await itemsOf('/api/v1/coupons'),
  };
}

test.serial('the shop answers: list, filter, read, and change as an administrator only', async (t) => {
  const added = await admin.addProduct(1);
  t.is(added.status, 201, JSON.stringify(added.body));
  t.is((await visitor.addProduct(2)).status, 401);
  const list = await visitor.get('/api/v1/products?currency=EUR&limit=10');
  t.is(list.status, 200);
  t.true((list.body['items'] as unknown[]).length >= 1);
  t.is((await visitor.get('/api/products/test-product-1')).status, 200);
  const path = `/api/v1/products/${String(added.body['id'])}`;
  const changed = await admin.request('PATCH', path, {
    body: { title: 'Changed' },
    headers: { 'if-match': String(added.headers['etag']) },
  });
  t.is(changed.status, 200, JSON.stringify(changed.body));
  t.is((await visitor.get(path)).body['title'], 'Changed');
});

test.serial('somebody registers, signs in, is known, and after signing out is not', async (t) => {
  const credentials = { email: 'ada@example.org', password: 'correct horse battery staple' };
  t.is((await visitor.request('POST', '/api/users', { body: credentials })).status, 202);
  const signedIn = await visitor.request('POST', '/api/v1/auth/login', { body: credentials });
  t.is(signedIn.status, 200, JSON.stringify(signedIn.body));
  const headers = { authorization: `Bearer ${String(signedIn.body['accessToken'])}` };
  t.is((await visitor.request('GET', '/api/v1/me', { headers })).body['email'], credentials.email);
  t.is((await visitor.request('GET', '/api/v1/users', { headers })).status, 403);
  const { refreshToken } = signedIn.body;
  t.is((await visitor.request('POST', '/api/v1/auth/logout', { body: { refreshToken } })).status, 204);
  const isRefused = async () => (await visitor.request('GET', '/api/v1/me', { headers })).status === 401;
  await waitFor('the access token is refused', isRefused, { timeoutMs: 30_000 });
});

test.serial('an unchanged stack writes nothing for a minute', async (t) => {
  await lab.becomesReady('shop');
  const versions = async () => {
    const objects = await listObjects(
      lab.cluster,
      namespace,
      'ecommercestacks',
      'deployments',
      'statefulsets',
      'services',
      'configmaps',
      'secrets',
      'roles',
      'jobs',
    );
    // Patroni keeps its own state in ConfigMaps and Endpoints; what we own carries our hash.
    return objects
      .filter(
        ({ metadata }) =>
          metadata.annotations?.['ecommerce.stack/applied-hash'] !== undefined || metadata.name === 'shop',
      )
      .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);
  };
  const before = await versions();
  const began = performance.now();
  await waitFor('a minute has passed', async () => performance.now() - began > 60_000, {
    timeoutMs: 70_000,
    intervalMs: 1000,
  });
  t.deepEqual(await versions(), before);
});

// By how many passes and writes, test/apiserver/operator.test.ts judges; here it happens beside everything real.
test.serial('a deleted Deployment and an edited Service are put back, and the shop answers', async (t) => {
  const began = performance.now();
  await lab.kubectl('delete', 'deployment', 'shop-product', '-n', namespace, '--wait=false');
  await waitFor(
    'a new Deployment',
    async () => {
      const [deployment] = (await listObjects(lab.cluster, namespace, 'deployments')).filter(
        ({ metadata }) => metadata.name === 'shop-product',
      );
      return deployment !== undefined && deployment.metadata.deletionTimestamp === undefined;
    },
    { timeoutMs: 30_000 },
  );
  t.log(`Deployment back after ${Math.round(performance.now() - began)} ms`);
  const elsewhere = '{"spec":{"selector":{"app.kubernetes.io/name":"other"}}}';
  const edited = performance.now();
  await lab.kubectl('patch', 'service', 'shop-gateway', '-n', namespace, '--type=merge', '-p', elsewhere);
  const selector = ['get', 'service', 'shop-gateway', '-n', namespace, '-o', 'jsonpath={.spec.selector}'];
  await waitFor('the selector is back', async () => (await lab.kubectl(...selector)).includes('"gateway"'), {
    timeoutMs: 30_000,
  });
  t.log(`Service back after ${Math.round(performance.now() - edited)} ms`);
  await lab.becomesReady('shop');
  t.is((await visitor.get('/api/v1/products/test-product-1')).status, 200);
});

test.serial('a Redis Cluster whose pods are all killed heals', async (t) => {
  const pods = await lab.pods('redis');
  t.is(pods.length, 3);
  const began = performance.now();
  await lab.kubectl('delete', 'pods', '-n', namespace, '--force', '--grace-period=0', ...pods);
  await waitFor(
    'the stack notices',
    async () => conditionOf(await lab.stack('shop'), 'RedisReady')?.status === 'False',
    { timeoutMs: 30_000 },
  );
  await lab.becomesReady('shop');
  t.log(`Ready again after ${((performance.now() - began) / 1000).toFixed(1)} s`);
});

test.serial('a replica is added to a running PostgreSQL and streams', async (t) => {
  const stack = await lab.ready('shop', { postgres: { readReplicas: 1 } });
  t.is((await lab.pods('postgres')).length, 2);
  t.regex(stack.status?.endpoints?.['postgres'] ?? '', /shop-postgres-rw/);
});

test.serial('a restart request rolls the pods one safe step at a time and is acknowledged', async (t) => {
  const before = new Set(await lab.pods('redis'));
  const uids = async () => {
    const pods = await listObjects(lab.cluster, namespace, 'pods');
    return new Map(pods.map(({ metadata }) => [metadata.name, metadata.uid]));
  };
  const old = await uids();
  await lab.kubectl('annotate', 'eshop', 'shop', '-n', namespace, 'ecommerce.stack/restart=once', '--overwrite');
  await waitFor(
    'the restart is acknowledged',
    async () => (await lab.stack('shop')).status?.acknowledged?.['restart'] === 'once',
    { timeoutMs: 240_000, intervalMs: 500 },
  );
  const now = await uids();
  for (const name of [...before, ...(await lab.pods('postgres'))]) {
    t.not(now.get(name), old.get(name), `${name} was not restarted`);
  }
  await lab.becomesReady('shop');
});

test.serial('other keys of identity reach the pods that run: none is replaced, and no request fails', async (t) => {
  const uids = async () => {
    const pods = await listObjects(lab.cluster, namespace, 'pods');
    // Of those that were replaced before some are still on their way out.
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return staying.map(({ metadata }) => metadata.uid).toSorted();
  };
  const secret = ['secret', 'shop-identity-credentials', '-n', namespace] as const;
  const { data } = JSON.parse(await lab.kubectl('get', ...secret, '-o', 'json'));
  const textOf = (key: string) => Buffer.from(data[key], 'base64').toString();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const stringData = {
    'signing.pem': `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${textOf('signing.pem')}`,
    'internal-key': `${textOf('internal-key')},${randomBytes(32).toString('hex')}`,
  };
  const before = await uids();
  const reader = new ShopReader(visitor, '/api/v1/products?limit=5');
  t.teardown(() => reader.stop());
  const began = performance.now();
  await lab.kubectl('patch', ...secret, '--type=merge', '-p', JSON.stringify({ stringData }));
  const published = async () => {
    const keys = (await visitor.get('/.well-known/jwks.json')).body['keys'];
    return Array.isArray(keys) && keys.length === 2;
  };
  // The kubelet looks once a minute, and a little later.
  await waitFor('the new key is published', published, { timeoutMs: 180_000, intervalMs: 1000 });
  t.log(`published after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await lab.becomesReady('shop');
  t.deepEqual(await uids(), before);
  t.deepEqual((await reader.stop()).failures, []);
});

test.serial("the operator's memory is that of its own allocator", async (t) => {
  const script = 'grep -c libjemalloc /proc/1/maps';
  const lines = await lab.kubectl(
    'exec',
    '-n',
    'ecommerce-system',
    'deploy/ecommerce-operator',
    '--',
    'sh',
    '-c',
    script,
  );
  t.true(Number(lines) > 0);
});

test.serial('an operator that is killed goes on where it was', async (t) => {
  await lab.kubectl('delete', 'pods', '-n', 'ecommerce-system', '--all', '--force', '--grace-period=0');
  await lab.ready('shop', grown);
  t.is((await lab.pods('gateway')).length, 2);
  t.truthy(await lab.kubectl('get', 'poddisruptionbudget', 'shop-gateway', '-n', namespace));
});

test.serial(
  'a new version migrates first, then rolls under load without a failed request, and is said when done',
  async (t) => {
    await lab.supply(services, '1.0.1');
    await using watch = await watchLines(lab.cluster, ['eshop', 'shop', '-n', namespace, '-o', 'jsonpath={@}{"\\n"}']);
    const reader = new ShopReader(visitor, '/api/v1/products?limit=5');
    const writer = new ShopWriter(admin, 10_000);
    t.teardown(() => Promise.all([reader.stop(), writer.stop()]));
    const began = performance.now();
    await lab.ready('shop', { ...grown, version: '1.0.1' }, 400_000);
    t.log(`rolled after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const [read, { acknowledged, attempts, failures, longestGapMs }] = [await reader.stop(), await writer.stop()];
    t.log(`${read.reads} reads, ${acknowledged.length} writes of ${attempts} attempts, longest gap ${longestGapMs} ms`);
    t.deepEqual([...read.failures, ...failures], []);
    t.true(acknowledged.length > 20);

    const job = await newestOf('jobs', 'product');
    const replicaSet = await newestOf('replicasets', 'product');
    t.is(job.spec.template.spec.containers[0]?.image, 'localhost/product-service:1.0.1');
    t.is(replicaSet.spec.template.spec.containers[0]?.image, 'localhost/product-service:1.0.1');
    t.true(
      job.status.completionTime !== undefined && job.status.completionTime <= replicaSet.metadata.creationTimestamp,
    );

    // `as`: what the watch printed.
    const seen = watch.lines.map((line) => JSON.parse(line) as EcommerceStack);
    const rolling = seen.filter(({ metadata, status }) => metadata.generation === status?.observedGeneration);
    const during = rolling.filter((stack) => stack.spec.version === '1.0.1' && stack.status?.version === '1.0.0');
    t.true(during.length > 0);
    t.true(during.every((stack) => conditionOf(stack, 'Ready')?.status === 'False'));
    const done = seen.filter(({ status }) => status?.version === '1.0.1');
    for (const { status } of done) {
      const versions = services.map((name) => status?.components?.find((one) => one.name === name)?.version);
      t.deepEqual(new Set(versions), new Set(['1.0.1']));
    }
    t.true(done.length > 0);
  },
);

test.serial(
  'a storage class that does not exist is named with the next step, and no other stack is touched',
  async (t) => {
    const { metadata } = await lab.stack('shop');
    const postgres = { storage: { size: '1Gi', className: 'absent' } };
    await apply(lab.cluster, aManifest(namespace, 'lost', { postgres }));
    const isNamed = (stack: EcommerceStack) =>
      /data-lost-postgres-0 is Pending; storage class absent .*kubectl get storageclass/.test(
        conditionOf(stack, 'PostgresReady')?.message ?? '',
      );
    const lost = await waitForStack(lab.cluster, `${namespace}/lost`, isNamed, 60_000);
    t.log(conditionOf(lost, 'PostgresReady')?.message);
    t.is((await lab.becomesReady('shop')).metadata.generation, metadata.generation);
    await lab.kubectl('delete', 'eshop', 'lost', '-n', namespace, '--timeout=60s');
  },
);

test.serial('a deleted stack keeps its data, and a stack of the same name takes it over', async (t) => {
  const identities = async () =>
    ((await lab.stack('shop')).status?.components ?? []).flatMap(({ name, identity }) =>
      identity === undefined ? [] : [`${name} ${identity}`],
    );
  const before = await identities();
  t.deepEqual(
    ['postgres', 'redis', 'kafka', 'elasticsearch'].filter((name) => !before.some((one) => one.startsWith(`${name} `))),
    [],
    'every store has an identity',
  );
  await lab.kubectl('delete', 'eshop', 'shop', '-n', namespace, '--timeout=60s');
  await waitFor('the pods are gone', async () => (await listObjects(lab.cluster, namespace, 'pods')).length === 0, {
    timeoutMs: 120_000,
    intervalMs: 500,
  });
  t.true((await listObjects(lab.cluster, namespace, 'persistentvolumeclaims')).length >= 4);
  await lab.ready('shop', { postgres: { readReplicas: 1 } });
  t.deepEqual(await identities(), before);
  ({ visitor, admin } = await lab.shop('shop'));
  // Ready is what the pods say; that nodes send new connections to them comes a moment later.
  const product = async () => {
    const { status, body } = await visitor.get('/api/v1/products/test-product-1');
    return status === 503 ? undefined : body;
  };
  t.is((await waitFor('an answer', product, { timeoutMs: 10_000 }))['title'], 'Changed');
});

interface Templated {
  readonly metadata: { readonly creationTimestamp: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status: { readonly completionTime?: string };
}

/** The Job or ReplicaSet of this name label that was made last; times are of one format, so they compare as text. */
async function newestOf(resource: string, name: string): Promise<Templated> {
  const selector = `app.kubernetes.io/name=${name}`;
  const text = await lab.kubectl('get', resource, '-n', namespace, '-o', 'json', '-l', selector);
  // `as`: a list as kubectl prints it.
  const { items } = JSON.parse(text) as { readonly items: readonly Templated[] };
  const newest = items
    .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
    .at(-1);
  if (newest === undefined) {
    throw new Error(`no ${resource} of ${name}`);
  }
  return newest;
}
