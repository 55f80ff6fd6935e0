import fc from 'fast-check';

/** Arbitrary specs, mostly right and sometimes wrong in every way that rules and bounds look for. */

const quantity = (good: readonly (string | number)[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom<string | number>('', '1GB', '512m', '-1', '0', 'x', '99999Pi', '1e3') },
  );

const cpu = quantity([1, '2', '500m', '0.25', '100m']);
const memory = quantity(['256Mi', '1Gi', '0.5Gi', '2G', '64Mi']);
const size = quantity(['1Gi', '10Gi', '50Gi', '1Ti']);

const optional = <Shape extends Record<string, fc.Arbitrary<unknown>>>(shape: Shape) =>
  fc.record(shape, { requiredKeys: [] });

const resources = optional({ requests: optional({ cpu, memory }), limits: optional({ cpu, memory }) });
const objectName = fc.constantFrom('fast', 'my.secret-1', 'My_Secret', '-x', '');
const storage = optional({ size, className: objectName });
const secret = optional({ name: objectName });

const store = (modes: readonly string[], versions: readonly string[]) => ({
  mode: fc.constantFrom(...modes),
  version: fc.constantFrom(...versions),
  storage,
  resources,
  connectionSecretRef: secret,
});

const postgres = optional({
  ...store(['Builtin', 'Builtin', 'CloudNativePG', 'External', 'Other'], ['15', '17', '14', '17.1']),
  readReplicas: fc.integer({ min: -1, max: 11 }),
  parameters: fc.dictionary(
    fc.constantFrom('work_mem', 'port', 'Bad name', 'log.level'),
    fc.constantFrom('1', 'on', "it's 100%"),
  ),
});

const redis = optional({
  ...store(['Builtin', 'External'], ['7.0', '8', '6.2', 'seven']),
  shards: fc.integer({ min: 0, max: 8 }),
  replicasPerShard: fc.integer({ min: -1, max: 6 }),
});

const topic = optional({
  name: fc.constantFrom('orders', 'payments.v1', 'bad topic', '..'),
  partitions: fc.integer({ min: 0, max: 20 }),
  replicationFactor: fc.integer({ min: 1, max: 9 }),
});

const kafka = optional({
  ...store(['Builtin', 'Strimzi', 'External'], ['4.3.1', '4.0.0', '3.9.0']),
  brokers: fc.integer({ min: 0, max: 10 }),
  topics: fc.uniqueArray(topic, { maxLength: 3, selector: ({ name }) => name ?? 'none' }),
});

const elasticsearch = optional({
  ...store(['Builtin', 'ECK', 'External'], ['9.2.0', '8.19.0', '8.18.0']),
  nodes: fc.integer({ min: 0, max: 5 }),
  heapSize: fc.constantFrom('512m', '2g', '1G', 'lots', '64g'),
});

const span = fc.constantFrom('30s', '1h30m', '10', '1d', '');

const rollout = optional({
  strategy: fc.constantFrom('Rolling', 'Canary', 'Canary', 'BlueGreen', 'Magic'),
  steps: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 }),
  interval: span,
  analysis: optional({
    metrics: fc.uniqueArray(
      optional({
        name: fc.constantFrom('successRatePercent', 'latencyP95Milliseconds', 'mine'),
        query: fc.constantFrom('up', ''),
        min: fc.constantFrom(0, 0.97, 99, 500),
        max: fc.constantFrom(0.5, 100, 1000),
      }),
      { maxLength: 3, selector: ({ name }) => name ?? 'none' },
    ),
    failureThreshold: fc.integer({ min: 0, max: 9 }),
  }),
  blueGreen: optional({ keepOldFor: span, previewHost: fc.constantFrom('preview.example.com', 'Not A Host') }),
  stickiness: optional({ cookie: fc.constantFrom('canary', 'a b'), maxAge: span }),
});

const service = optional({
  enabled: fc.boolean(),
  image: fc.constantFrom('registry.example.com/x:1', 'x', 'Bad Image'),
  version: fc.constantFrom('1.2.3', 'no tag', ''),
  replicas: fc.integer({ min: 0, max: 5 }),
  resources,
  env: fc.dictionary(fc.constantFrom('PORT', 'MY-VAR', '_x'), fc.constantFrom('', 'secret value')),
  autoscaling: optional({
    enabled: fc.boolean(),
    minReplicas: fc.integer({ min: 0, max: 5 }),
    maxReplicas: fc.integer({ min: 0, max: 5 }),
    cpuPercent: fc.integer({ min: 5, max: 110 }),
    external: fc.uniqueArray(
      optional({
        metric: fc.constantFrom('kafka_consumer_lag_events', 's0-kafka', 'a/b', '.', ''),
        selector: fc.dictionary(
          fc.constantFrom('group', 'example.com/group', '_group', 'a b', '.com/a', 'a'.repeat(64)),
          fc.constantFrom('search.indexing', '', 'a,b', '-a', 'a'.repeat(64)),
        ),
        averageValue: fc.constantFrom<string | number>(100, '0.5', '2k', 0, -1, '1u', '2P', 'many'),
      }),
      { maxLength: 3, selector: ({ metric }) => metric ?? 'none' },
    ),
  }),
  rollout,
});

const services = fc.dictionary(fc.constantFrom('gateway', 'cart', 'order', 'checkout'), service);

const backup = optional({
  schedule: fc.constantFrom('0 2 * * *', '@daily', '*/5 * * * MON-FRI', '0 2 * *'),
  timeZone: fc.constantFrom('Europe/Berlin', 'Etc/GMT+2', '+02:00', ''),
  destination: optional({
    s3: optional({
      endpoint: fc.constantFrom('https://s3.example.com', 'http://127.0.0.1:7070/', 's3.example.com'),
      bucket: fc.constantFrom('backups', 'B', 'a-b'),
      prefix: fc.constantFrom('', 'a/b', '/a/'),
      credentialsSecretRef: secret,
    }),
  }),
  retention: optional({ dailyDays: fc.integer({ min: 0, max: 500 }), weeklyDays: fc.integer({ min: 1, max: 3000 }) }),
});

/** Values of `spec` around the border between right and wrong. */
export const arbitrarySpec = fc.record(
  {
    version: fc.constantFrom('1.0.0', '1.0.0', 'v2_x', 'no tag', ''),
    profile: fc.constantFrom('Development', 'Production'),
    host: fc.constantFrom(
      'shop.example.com',
      'localhost',
      'Bad Host',
      '-x.example.com',
      `${'a'.repeat(64)}.example.com`,
    ),
    postgres,
    redis,
    kafka,
    elasticsearch,
    services,
    backup,
    ingress: optional({
      tls: optional({ secretName: objectName, issuerRef: secret }),
      rateLimitPerSecond: fc.integer({ min: 0, max: 9 }),
    }),
    deletionPolicy: fc.constantFrom('Retain', 'Snapshot', 'Delete'),
    deletionConfirmation: fc.constantFrom('agreement', 'other'),
  },
  { requiredKeys: ['version', 'profile', 'host'] },
);

const versions = {
  postgres: ['15', '17'],
  redis: ['7.2', '8'],
  kafka: ['4.0.0', '4.3.1'],
  elasticsearch: ['8.19.0', '9.2.0'],
} as const;

const steadyStore = (name: keyof typeof versions) => {
  const shared = {
    version: fc.constantFrom(...versions[name]),
    storage: optional({ size: fc.constantFrom('1Gi', '1024Mi', '20Gi'), className: fc.constantFrom('fast', 'slow') }),
  };
  const external = { mode: fc.constant('External'), connectionSecretRef: fc.constant({ name: 'database' }) };
  return fc.oneof(
    optional({ ...shared, mode: fc.constant('Builtin') }),
    fc.record({ ...shared, ...external }, { requiredKeys: ['mode', 'connectionSecretRef'] }),
  );
};

/** Specs without a fault of their own that differ where changes are refused. */
export const arbitrarySteadySpec = fc.record(
  {
    version: fc.constant('1.0.0'),
    profile: fc.constant('Development'),
    host: fc.constant('shop.example.com'),
    postgres: steadyStore('postgres'),
    redis: steadyStore('redis'),
    kafka: steadyStore('kafka'),
    elasticsearch: steadyStore('elasticsearch'),
  },
  { requiredKeys: ['version', 'profile', 'host'] },
);
