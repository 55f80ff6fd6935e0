import test from 'ava';
import fc from 'fast-check';
import { durationToMs } from './complete/duration.ts';
import { completeStack, effectiveOf } from './complete.ts';
import type { EcommerceStackSpec } from './ecommerce-stack.ts';
import { anInstallation, aStack } from './testing.ts';

const complete = (spec: Partial<EcommerceStackSpec> = {}) => completeStack(aStack(spec), anInstallation);

test('a minimal development stack is one of each, small and without autoscaling', (t) => {
  const { postgres, redis, services, deletionPolicy, networkPolicy, backup } = complete();
  t.is(postgres.readReplicas, 0);
  t.false(postgres.synchronous);
  t.is(redis.shards, 3);
  t.is(services.gateway.replicas, 1);
  t.false(services.gateway.autoscaling.enabled);
  t.is(deletionPolicy, 'Retain');
  t.true(networkPolicy.enabled);
  t.is(backup, undefined);
});

test('a minimal production stack is replicated, synchronous and autoscaled', (t) => {
  const { postgres, redis, kafka, elasticsearch, services } = complete({ profile: 'Production' });
  t.is(postgres.readReplicas, 2);
  t.true(postgres.synchronous);
  t.is(redis.replicasPerShard, 1);
  t.is(kafka.brokers, 3);
  t.is(elasticsearch.nodes, 3);
  t.true(services.product.autoscaling.enabled);
});

test('services get the image of the registry with the release as tag', (t) => {
  t.is(complete().services.cart.image, 'registry.example.com/shop/cart-service:1.0.0');
  t.is(complete({ images: { registry: 'r.test/x' } }).services.cart.image, 'r.test/x/cart-service:1.0.0');
  t.is(
    complete({ services: { cart: { version: '2' } } }).services.cart.image,
    'registry.example.com/shop/cart-service:2',
  );
});

const digest = `@sha256:${'0'.repeat(64)}`;
const imageCases = [
  ['r.test:5000/cart', 'r.test:5000/cart:1.0.0', '1.0.0'],
  ['r.test/cart:9', 'r.test/cart:9', '9'],
  [`r.test/cart${digest}`, `r.test/cart${digest}`, '1.0.0'],
  [`r.test/cart:9${digest}`, `r.test/cart:9${digest}`, '9'],
] as const;

for (const [stated, image, version] of imageCases) {
  test(`a service's image ${stated} becomes ${image}`, (t) => {
    const { cart } = complete({ services: { cart: { image: stated } } }).services;
    t.like(cart, { image, version });
    t.is(complete({ images: { overrides: { cart: stated } } }).services.cart.image, image);
  });
}

test('stores run official images, PostgreSQL ours', (t) => {
  const { postgres, redis, kafka, elasticsearch } = complete();
  t.is(postgres.image, 'registry.example.com/shop/ecommerce-postgres:17');
  t.is(redis.image, 'redis:8');
  t.is(kafka.image, 'apache/kafka:4.3.1');
  t.is(elasticsearch.image, 'elasticsearch:9.2.0');
});

test("the installation's version and image hold where the manifest says nothing", (t) => {
  const installation = {
    registry: 'r',
    images: { postgres: 'local/postgres', redis: 'local/redis:{version}' },
    versions: { postgres: '15', redis: '7.0' },
  };
  const stack = completeStack(aStack(), installation);
  t.like(stack.postgres, { version: '15', image: 'local/postgres' });
  t.like(stack.redis, { version: '7.0', image: 'local/redis:7.0' });
  const stated = completeStack(aStack({ postgres: { version: '16' }, redis: { version: '8' } }), installation);
  t.like(stated.postgres, { version: '16', image: 'r/ecommerce-postgres:16' });
  t.like(stated.redis, { version: '8', image: 'local/redis:8' });
});

test('a newer operator with newer defaults neither upgrades nor shrinks what runs', (t) => {
  const effective = {
    ...effectiveOf(complete()),
    stores: { postgres: { mode: 'Builtin', version: '16', storageSize: '80Gi' } },
  };
  const again = completeStack(aStack({}, { status: { effective } }), anInstallation);
  t.is(again.postgres.version, '16');
  t.is(again.postgres.storage.size, '80Gi');
  const grown = completeStack(aStack({ profile: 'Production' }, { status: { effective } }), anInstallation);
  t.is(grown.postgres.storage.size, '80Gi');
  const stated = completeStack(
    aStack({ postgres: { version: '17', storage: { size: '90Gi' } } }, { status: { effective } }),
    anInstallation,
  );
  t.like(stated.postgres, { version: '17', storage: { size: '90Gi' } });
});

test('a stated number of replicas switches the autoscaler off unless it is asked for', (t) => {
  const production = (cart: object) => complete({ profile: 'Production', services: { cart } }).services.cart;
  t.like(production({ replicas: 4 }), { replicas: 4, autoscaling: { enabled: false } });
  t.like(production({ replicas: 4, autoscaling: { enabled: true } }), { autoscaling: { enabled: true } });
});

test('a stated bound moves the other one of the profile along', (t) => {
  const bounds = (autoscaling: object) =>
    complete({ profile: 'Production', services: { user: { autoscaling } } }).services.user.autoscaling;
  t.like(bounds({ minReplicas: 8 }), { minReplicas: 8, maxReplicas: 8 });
  t.like(bounds({ maxReplicas: 2 }), { minReplicas: 2, maxReplicas: 2 });
});

test('an autoscaler has no metrics of adapters but the stated ones, spelled as the server does', (t) => {
  const metrics = (search: object) => complete({ services: { search } }).services.search.autoscaling.external;
  t.deepEqual(metrics({ autoscaling: { enabled: true } }), []);
  const selector = { group: 'search.indexing' };
  const external = [
    { metric: 'lag', selector, averageValue: '0.5' },
    { metric: 'queue', averageValue: 2000 },
  ];
  t.deepEqual(metrics({ autoscaling: { external } }), [
    { metric: 'lag', selector, averageValue: '500m' },
    { metric: 'queue', selector: {}, averageValue: '2k' },
  ]);
});

test('a stated request lifts the limit of the profile, a stated limit lowers its request', (t) => {
  const resources = (stated: object) =>
    complete({ profile: 'Production', services: { user: { resources: stated } } }).services.user.resources;
  t.deepEqual(resources({ requests: { cpu: 2 } }), {
    requests: { cpu: '2', memory: '256Mi' },
    limits: { cpu: '2', memory: '512Mi' },
  });
  t.deepEqual(resources({ limits: { memory: '0.125Gi' } }), {
    requests: { cpu: '250m', memory: '128Mi' },
    limits: { cpu: '500m', memory: '128Mi' },
  });
});

test("the heap of Elasticsearch follows a stated memory limit, else it is the profile's", (t) => {
  t.is(complete().elasticsearch.heapSize, '384m');
  t.is(complete({ elasticsearch: { resources: { limits: { memory: '3Gi' } } } }).elasticsearch.heapSize, '1536m');
  t.is(complete({ elasticsearch: { heapSize: '1g' } }).elasticsearch.heapSize, '1g');
});

test('topics get three partitions, three copies where there are brokers for them, and a week', (t) => {
  const [topic] = complete({ kafka: { topics: [{ name: 'audit' }] } }).kafka.topics;
  t.deepEqual(topic, {
    name: 'audit',
    state: 'Present',
    partitions: 3,
    replicationFactor: 1,
    retentionHours: 168,
    cleanupPolicy: 'delete',
  });
  const [kept] = complete({ kafka: { brokers: 3, topics: [{ name: 'a', retentionHours: -1 }] } }).kafka.topics;
  t.like(kept, { replicationFactor: 3, retentionHours: undefined });
});

test('a certificate goes into a Secret named after the stack unless the manifest names one', (t) => {
  t.deepEqual(complete({ ingress: { tls: { issuerRef: { name: 'le' } } } }).ingress.tls, {
    secretName: 'shop-tls',
    issuerRef: { kind: 'ClusterIssuer', name: 'le' },
  });
  t.deepEqual(complete({ ingress: { tls: { secretName: 'mine' } } }).ingress.tls, { secretName: 'mine' });
  t.is(complete().ingress.tls, undefined);
});

test('backups are nightly and kept as the guide says', (t) => {
  const s3 = { bucket: 'b', credentialsSecretRef: { name: 's' } };
  const { backup } = complete({ backup: { destination: { s3 } } });
  t.like(backup, {
    schedule: '0 2 * * *',
    retention: { dailyDays: 30, weeklyDays: 365, monthlyDays: 2557 },
    image: 'registry.example.com/shop/ecommerce-postgres:17',
  });
  t.like(backup?.s3, { region: 'us-east-1', prefix: '', credentialsSecretName: 's' });
});

test('data is deleted only when the name of the stack confirms it', (t) => {
  t.is(complete({ deletionPolicy: 'Delete' }).deletionPolicy, 'Retain');
  t.is(complete({ deletionPolicy: 'Delete', deletionConfirmation: 'other' }).deletionPolicy, 'Retain');
  t.is(complete({ deletionPolicy: 'Delete', deletionConfirmation: 'shop' }).deletionPolicy, 'Delete');
});

test('status.effective tells sizes of what we run and only the mode of what we do not', (t) => {
  const effective = effectiveOf(
    complete({
      profile: 'Production',
      postgres: { mode: 'External', connectionSecretRef: { name: 's' } },
      services: { cart: { enabled: false } },
    }),
  );
  t.deepEqual(effective.stores['postgres'], { mode: 'External' });
  t.like(effective.stores['redis'], { instances: 6, storageSize: '8Gi' });
  t.like(effective.services['product'], { replicas: '3..10', cpu: '250m/500m' });
  t.is(effective.services['cart'], undefined);
});

test('durations are added up', (t) => {
  t.is(durationToMs('1h30m5s'), 5_405_000);
  for (const text of ['', '1', '1d', 'm', '1.5h']) {
    t.throws(() => durationToMs(text), { instanceOf: RangeError });
  }
});

const quantities = fc.constantFrom('100m', '0.5', '2', '256Mi', '1Gi', '0.5Gi');
const arbitrarySpec = fc.record(
  {
    profile: fc.constantFrom('Development' as const, 'Production' as const),
    postgres: fc.record(
      { readReplicas: fc.nat(9), storage: fc.record({ size: fc.constantFrom('1Gi', '2048Mi', '70Gi') }) },
      { requiredKeys: [] },
    ),
    services: fc.dictionary(
      fc.constantFrom('gateway', 'cart', 'search'),
      fc.record(
        {
          replicas: fc.integer({ min: 1, max: 9 }),
          resources: fc.record({ requests: fc.record({ cpu: quantities }), limits: fc.record({ memory: quantities }) }),
          autoscaling: fc.record(
            { minReplicas: fc.integer({ min: 1, max: 20 }), maxReplicas: fc.integer({ min: 20, max: 30 }) },
            { requiredKeys: [] },
          ),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
);

test('completion does not change what it is given, gives the same twice, and keeps itself after its own status', (t) => {
  fc.assert(
    fc.property(arbitrarySpec, (spec) => {
      const object = aStack(spec);
      const before = structuredClone(object);
      const first = completeStack(object, anInstallation);
      t.deepEqual(object, before);
      t.deepEqual(completeStack(object, anInstallation), first);
      const recorded = { ...object, status: { effective: effectiveOf(first) } };
      t.deepEqual(completeStack(recorded, anInstallation), first);
    }),
  );
});

test('completed bounds and amounts never contradict each other', (t) => {
  fc.assert(
    fc.property(arbitrarySpec, (spec) => {
      const { services } = completeStack(aStack(spec), anInstallation);
      return Object.values(services).every(({ autoscaling }) => autoscaling.minReplicas <= autoscaling.maxReplicas);
    }),
  );
  t.pass();
});
