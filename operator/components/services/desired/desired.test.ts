import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import type { KubernetesObject } from '../../../api/kubernetes.ts';
import { refKey, refOf } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { hashOfRendering } from '../../../objects/hash.ts';
import { annotations, connectionSecretName } from '../../../objects/names.ts';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aLive } from '../../../testing/live.ts';
import type { Desired } from '../../contract.ts';
import { type ServiceDefinition, serviceCatalog } from '../catalog.ts';
import {
  identityKeys,
  identitySecretName,
  personalDataKeys,
  personalDataSecretName,
  publicKeysSecretName,
} from '../names.ts';
import { buildDesired } from './index.ts';

const aKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const identity = { [identityKeys.signingKey]: aKey(), [identityKeys.internalKey]: 'internal' };

function definitionOf(name: string): ServiceDefinition {
  const definition = serviceCatalog.find((one) => one.name === name);
  if (definition === undefined) {
    throw new Error(`no service ${name}`);
  }
  return definition;
}

function desiredOf(
  name: string,
  stack: CompleteStack,
  live: readonly LiveObject[] = [],
  definition = definitionOf(name),
): Desired {
  const byKey = new Map(live.map((one) => [refKey(one.ref), one]));
  return buildDesired(definition, stack, { live: (ref) => byKey.get(refKey(ref)), secret: () => identity });
}

function find(desired: Desired, kind: string): KubernetesObject | undefined {
  return desired.objects.find((object) => object.kind === kind);
}

/** Lets a test reach into plain JSON. */
function at(object: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], object);
}

function migrated(stack: CompleteStack, service = 'product'): readonly LiveObject[] {
  const job = find(desiredOf(service, stack), 'Job');
  return [aLive('Job', job?.metadata.name ?? '', { status: { complete: true } })];
}

test('a Deployment waits for the migration of its version and its name follows the template', (t) => {
  const stack = aCompleteStack();
  const before = desiredOf('product', stack);
  t.is(find(before, 'Deployment'), undefined);
  t.is(before.held[0]?.reason, 'WaitingForMigration');
  t.truthy(find(desiredOf('product', stack, migrated(stack)), 'Deployment'));
  const next = aCompleteStack({ version: '2.0.0' });
  t.is(find(desiredOf('product', next, migrated(stack)), 'Deployment'), undefined);
});

test('a setting of the service is no reason to migrate again; where the database is, and a version, are', (t) => {
  const jobOf = (service: object) =>
    find(desiredOf('product', aCompleteStack({ services: { product: service } })), 'Job')?.metadata.name;
  const plain = jobOf({});
  t.is(jobOf({ env: { APP_LOG_LEVEL: 'debug', APP_MAX_CONCURRENCY: '5' } }), plain);
  for (const change of [
    { version: '2.0.0' },
    { env: { APP_POSTGRES_HOST: 'elsewhere' } },
    { env: { NODE_EXTRA_CA_CERTS: '/tmp/ca.pem' } },
  ]) {
    t.not(jobOf(change), plain);
  }
});

test('the next version of a service that works is held, its migration too, until the one before it has rolled', (t) => {
  const stack = aCompleteStack();
  const running = (name: string, counts: object) => {
    const deployment = find(desiredOf(name, stack, migrated(stack, name)), 'Deployment');
    return aLive('Deployment', `shop-${name}`, {
      appliedHash: deployment === undefined ? 'none' : hashOfRendering(deployment),
      status: {
        observedGeneration: 1,
        specReplicas: 1,
        replicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
        ...counts,
      },
    });
  };
  const next = aCompleteStack({ services: { product: { version: '2.0.0' } } });
  const others = [...migrated(stack, 'user'), ...migrated(stack, 'product'), running('product', {})];
  const waiting = desiredOf('product', next, [...others, running('user', { replicas: 2 })]);
  t.deepEqual(
    waiting.held.map(({ ref, reason }) => [ref.kind, reason]),
    [
      ['Job', 'WaitingForTurn'],
      ['Deployment', 'WaitingForTurn'],
    ],
  );
  t.regex(waiting.held[0]?.message ?? '', /user goes first/);
  t.is(find(waiting, 'Job') ?? find(waiting, 'Deployment'), undefined);
  t.truthy(find(waiting, 'Service'));
  const going = desiredOf('product', next, [...others, running('user', {})]);
  t.truthy(find(going, 'Job'));
  t.is(going.held[0]?.reason, 'WaitingForMigration');
});

test('a service without a database is never held', (t) => {
  const desired = desiredOf('gateway', aCompleteStack());
  t.truthy(find(desired, 'Deployment'));
  t.deepEqual(desired.held, []);
});

test('with an autoscaler nobody sets replicas; without one they are a scale of their own', (t) => {
  const fixed = desiredOf('gateway', aCompleteStack());
  t.is(at(find(fixed, 'Deployment'), 'spec', 'replicas'), undefined);
  t.is(fixed.scales?.[0]?.replicas, 1);
  t.is(find(fixed, 'HorizontalPodAutoscaler'), undefined);
  const scaled = desiredOf('gateway', aCompleteStack({ profile: 'Production' }));
  t.is(at(find(scaled, 'Deployment'), 'spec', 'replicas'), undefined);
  t.deepEqual(scaled.scales, []);
  t.is(at(find(scaled, 'HorizontalPodAutoscaler'), 'spec', 'minReplicas'), 2);
});

test('no number is set while a former autoscaler is still there: it would set its own again', (t) => {
  const autoscaler = aLive('HorizontalPodAutoscaler', 'shop-gateway', { deleting: true });
  t.deepEqual(desiredOf('gateway', aCompleteStack(), [autoscaler]).scales, []);
});

test('an autoscaler that somebody switched off by scaling to 0 is given its minimum', (t) => {
  const stack = aCompleteStack({ profile: 'Production' });
  const at = (specReplicas: number) => aLive('Deployment', 'shop-gateway', { status: { specReplicas } });
  t.is(desiredOf('gateway', stack, [at(0)]).scales?.[0]?.replicas, 2);
  t.deepEqual(desiredOf('gateway', stack, [at(5)]).scales, []);
});

test("the targets of the guide's table reach the autoscaler", (t) => {
  const stack = aCompleteStack({ profile: 'Production' });
  const autoscaler = find(desiredOf('product', stack), 'HorizontalPodAutoscaler');
  t.is(at(autoscaler, 'spec', 'minReplicas'), 3);
  t.is(at(autoscaler, 'spec', 'maxReplicas'), 10);
  t.is(at(autoscaler, 'spec', 'metrics', 0, 'resource', 'target', 'averageUtilization'), 70);
  t.is(at(autoscaler, 'spec', 'metrics', 1, 'resource', 'target', 'averageUtilization'), 80);
});

test("a metric of an adapter stands beside the guide's, with what it is told apart by and as much as a pod may have", (t) => {
  const metricsOf = (
    ...external: readonly { metric: string; selector?: Record<string, string>; averageValue: string }[]
  ) => {
    const stack = aCompleteStack({ services: { search: { autoscaling: { enabled: true, external: [...external] } } } });
    return at(find(desiredOf('search', stack), 'HorizontalPodAutoscaler'), 'spec', 'metrics') as readonly unknown[];
  };
  const selector = { group: 'search.indexing' };
  const lag = { metric: 'kafka_consumer_lag_events', selector, averageValue: '1000' };
  const [cpu, memory, ...others] = metricsOf(lag, { metric: 'queue', averageValue: '500m' });
  t.deepEqual([cpu, memory], metricsOf());
  t.deepEqual(others, [
    {
      type: 'External',
      external: {
        metric: { name: 'kafka_consumer_lag_events', selector: { matchLabels: selector } },
        target: { type: 'AverageValue', averageValue: '1k' },
      },
    },
    {
      type: 'External',
      external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '500m' } },
    },
  ]);
});

test('a metric of an adapter makes no autoscaler where there is none', (t) => {
  const external = [{ metric: 'queue', averageValue: 1 }];
  const stack = aCompleteStack({ services: { search: { autoscaling: { external } } } });
  t.is(find(desiredOf('search', stack), 'HorizontalPodAutoscaler'), undefined);
});

test('a single pod has no disruption budget, several allow one to be away', (t) => {
  t.is(find(desiredOf('gateway', aCompleteStack()), 'PodDisruptionBudget'), undefined);
  const budget = find(desiredOf('gateway', aCompleteStack({ profile: 'Production' })), 'PodDisruptionBudget');
  t.is(at(budget, 'spec', 'maxUnavailable'), 1);
});

for (const [service, name] of [
  ['gateway', connectionSecretName('shop', 'redis')],
  ['product', connectionSecretName('shop', 'postgres', 'product')],
  ['product', connectionSecretName('shop', 'kafka', 'product')],
] as const) {
  test(`a change of ${name} rolls the pods of ${service}, nothing else does`, (t) => {
    const stack = aCompleteStack();
    const others = service === 'gateway' ? [] : migrated(stack, service);
    const hashOfConfig = (appliedHash: string) =>
      at(
        find(desiredOf(service, stack, [...others, aLive('Secret', name, { appliedHash })]), 'Deployment'),
        'spec',
        'template',
        'metadata',
        'annotations',
        annotations.configHash,
      );
    t.is(hashOfConfig('1'), hashOfConfig('1'));
    t.not(hashOfConfig('1'), hashOfConfig('2'));
  });
}

test("the user's environment wins over ours and overrides of the pod come last", (t) => {
  const stack = aCompleteStack({
    services: {
      gateway: {
        env: { APP_LOG_LEVEL: 'debug', APP_PORT: '9999' },
        podOverrides: { priorityClassName: 'high' },
      },
    },
  });
  const pod = at(find(desiredOf('gateway', stack), 'Deployment'), 'spec', 'template', 'spec');
  const environment = at(pod, 'containers', 0, 'env') as { name: string; value?: string }[];
  t.deepEqual(
    environment.filter(({ name }) => name === 'APP_PORT'),
    [{ name: 'APP_PORT', value: '9999' }],
  );
  t.is(at(pod, 'priorityClassName'), 'high');
});

test('a service that uses Kafka logs in as itself', (t) => {
  const desired = desiredOf('gateway', aCompleteStack(), [], { ...definitionOf('gateway'), usesKafka: true });
  t.is(toldBy(desired)['APP_KAFKA_USERNAME'], `${connectionSecretName('shop', 'kafka', 'gateway')}/username`);
  t.notRegex(JSON.stringify(desiredOf('gateway', aCompleteStack())), /APP_KAFKA/);
});

test('the gateway gets public keys only, those of all keys that sign', (t) => {
  const keysWith = (pem: string) => {
    const desired = buildDesired(definitionOf('gateway'), aCompleteStack(), {
      live: () => undefined,
      secret: () => ({ ...identity, [identityKeys.signingKey]: pem }),
    });
    const data = at(find(desired, 'Secret'), 'data', identityKeys.publicKeys);
    const text = Buffer.from(String(data), 'base64').toString();
    t.notRegex(JSON.stringify(desired) + text, /PRIVATE KEY|"d":|"p":|signing/);
    return (JSON.parse(text) as { readonly keys: readonly { readonly kid: string }[] }).keys; // a key set
  };
  const [one, two] = [aKey(), aKey()];
  t.like(keysWith(one)[0], { kty: 'RSA', alg: 'RS256' });
  t.deepEqual(keysWith(`${two}${one}`), [...keysWith(two), ...keysWith(one)]);
  t.deepEqual(keysWith(`${one}-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----`), keysWith(one));
  t.deepEqual(keysWith('nothing'), []);
  t.is(told('gateway', aCompleteStack())['APP_IDENTITY_JWKS'], `${publicKeysSecretName('shop')}/jwks.json`);
});

test('private keys are with the user service alone, and only a laptop does without mails', (t) => {
  const development = aCompleteStack();
  for (const { name } of serviceCatalog) {
    const { APP_IDENTITY_SIGNING_KEYS: signing, APP_PERSONAL_DATA_KEYS: personal } = told(name, development);
    const isUser = name === 'user';
    t.is(signing, isUser ? `${identitySecretName('shop')}/${identityKeys.signingKey}` : undefined, name);
    t.is(personal, isUser ? `${personalDataSecretName('shop')}/${personalDataKeys}` : undefined, name);
  }
  t.is(told('user', development)['APP_EMAIL_VERIFICATION'], 'off');
  t.false('APP_EMAIL_VERIFICATION' in told('user', aCompleteStack({ profile: 'Production' })));
});

test('pools are as large as the profile says, and whoever has no database is told of none', (t) => {
  const production = aCompleteStack({ profile: 'Production' });
  t.like(told('product', aCompleteStack()), { APP_POSTGRES_POOL_MAX: '6', APP_POSTGRES_POOL_MIN: '2' });
  t.like(told('product', production), { APP_POSTGRES_POOL_MAX: '20', APP_POSTGRES_POOL_MIN: '5' });
  t.false('APP_POSTGRES_POOL_MAX' in told('gateway', production));
});

test('changed keys of identity change no pod: they read them anew', (t) => {
  const stack = aCompleteStack();
  for (const { name, ownsDatabase, isGateway } of serviceCatalog) {
    const live = ownsDatabase ? migrated(stack, name) : [];
    const other = { [identityKeys.signingKey]: aKey(), [identityKeys.internalKey]: 'other' };
    const before = desiredOf(name, stack, live).objects.map(hashOfRendering);
    const after = buildDesired(definitionOf(name), stack, {
      live: (ref) => live.find((one) => refKey(one.ref) === refKey(ref)),
      secret: () => other,
    }).objects.filter((object) => !before.includes(hashOfRendering(object)));
    const kinds = after.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    t.deepEqual(kinds, isGateway ? [`Secret ${publicKeysSecretName('shop')}`] : [], name);
  }
});

test('what Secrets say is in files that the pod alone can read, of the migration as well', (t) => {
  const stack = aCompleteStack();
  for (const { name, ownsDatabase } of serviceCatalog) {
    const { objects } = desiredOf(name, stack, ownsDatabase ? migrated(stack, name) : []);
    t.notRegex(JSON.stringify(objects), /secretKeyRef/);
    for (const kind of ownsDatabase ? ['Deployment', 'Job'] : ['Deployment']) {
      const pod = at(find({ objects, held: [] }, kind), 'spec', 'template', 'spec');
      t.like(at(pod, 'volumes', 1), { name: 'secrets', projected: { defaultMode: 0o440 } });
      t.is(at(pod, 'securityContext', 'fsGroup'), at(pod, 'securityContext', 'runAsGroup'));
      const mount = { name: 'secrets', mountPath: '/run/secrets/shop', readOnly: true };
      t.deepEqual(at(pod, 'containers', 0, 'volumeMounts', 1), mount);
      t.is(toldBy({ objects, held: [] }, kind)['APP_SECRETS_DIR'], mount.mountPath);
    }
    const migration = ownsDatabase ? toldBy({ objects, held: [] }, 'Job') : {};
    const secrets = Object.keys(migration).filter((variable) => migration[variable]?.includes('/'));
    t.true(
      secrets.every((variable) => /^APP_(POSTGRES_\w+|SECRETS_DIR)$/.test(variable)),
      secrets.join(),
    );
  }
});

test('the user’s variable stands for the file, also when it is empty', (t) => {
  const env = { APP_POSTGRES_PASSWORD: 'theirs', APP_KAFKA_CA: '' };
  const stack = aCompleteStack({ services: { product: { env } } });
  t.like(told('product', stack), { ...env, APP_POSTGRES_USERNAME: 'shop-postgres-connection-product/username' });
  t.false(filesIn(find(desiredOf('product', stack, migrated(stack)), 'Deployment')).has('APP_KAFKA_CA'));
});

/** What the server of a service is told: by name the value, or the key of a Secret. */
function told(name: string, stack: CompleteStack): Readonly<Record<string, string>> {
  return toldBy(desiredOf(name, stack, definitionOf(name).ownsDatabase ? migrated(stack, name) : []));
}

function toldBy(desired: Desired, kind = 'Deployment'): Readonly<Record<string, string>> {
  const object = find(desired, kind);
  const environment = at(object, 'spec', 'template', 'spec', 'containers', 0, 'env');
  const variables = (environment as { name: string; value: string }[]).map(({ name, value }) => [name, value] as const);
  return { ...Object.fromEntries(filesIn(object)), ...Object.fromEntries(variables) };
}

/** By variable the key of the Secret. */
function filesIn(object: unknown): ReadonlyMap<string, string> {
  const sources = at(object, 'spec', 'template', 'spec', 'volumes', 1, 'projected', 'sources');
  return new Map(
    (sources as { secret: { name: string; items: { key: string; path: string }[] } }[]).flatMap(({ secret }) =>
      secret.items.map(({ key, path }) => [path, `${secret.name}/${key}`] as const),
    ),
  );
}

function upstreams(name: string, stack: CompleteStack): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(told(name, stack)).filter(([variable]) => /^APP_UPSTREAM_/.test(variable)));
}

test('a service is told where the neighbours are that it calls, the gateway all of them', (t) => {
  const stack = aCompleteStack();
  const [product, inventory] = ['http://shop-product:3002', 'http://shop-inventory:3006'];
  t.deepEqual(upstreams('cart', stack), { APP_UPSTREAM_PRODUCT: product, APP_UPSTREAM_INVENTORY: inventory });
  t.deepEqual(upstreams('search', stack), { APP_UPSTREAM_PRODUCT: product });
  for (const name of ['user', 'product', 'inventory']) t.deepEqual(upstreams(name, stack), {});
  t.deepEqual(upstreams('gateway', stack), {
    APP_UPSTREAM_USER: 'http://shop-user:3001',
    APP_UPSTREAM_PRODUCT: product,
    APP_UPSTREAM_CART: 'http://shop-cart:3003',
    APP_UPSTREAM_INVENTORY: inventory,
    APP_UPSTREAM_SEARCH: 'http://shop-search:3008',
  });
});

test('a neighbour that is switched off is not named, and one of the user is', (t) => {
  const elsewhere = 'http://catalogue.example.com';
  const stack = aCompleteStack({
    services: {
      inventory: { enabled: false },
      product: { enabled: false },
      cart: { env: { APP_UPSTREAM_PRODUCT: elsewhere } },
    },
  });
  t.deepEqual(upstreams('cart', stack), { APP_UPSTREAM_PRODUCT: elsewhere });
});

test('cart, inventory and search get the stores that they use, each with its own login', (t) => {
  const stack = aCompleteStack();
  const loginsOf = (name: string) =>
    Object.fromEntries(
      Object.entries(told(name, stack)).filter(([variable]) => /_(USERNAME|PASSWORD)$/.test(variable)),
    );
  const postgres = (name: string) => ({
    APP_POSTGRES_USERNAME: `shop-postgres-connection-${name}/username`,
    APP_POSTGRES_PASSWORD: `shop-postgres-connection-${name}/password`,
  });
  const kafka = (name: string) => ({
    APP_KAFKA_USERNAME: `shop-kafka-connection-${name}/username`,
    APP_KAFKA_PASSWORD: `shop-kafka-connection-${name}/password`,
  });
  t.deepEqual(loginsOf('cart'), {
    ...postgres('cart'),
    ...kafka('cart'),
    APP_REDIS_USERNAME: 'shop-redis-connection/username',
    APP_REDIS_PASSWORD: 'shop-redis-connection/password',
  });
  t.deepEqual(loginsOf('inventory'), { ...postgres('inventory'), ...kafka('inventory') });
  t.deepEqual(loginsOf('search'), {
    ...kafka('search'),
    APP_ELASTICSEARCH_USERNAME: 'shop-elasticsearch-connection/username',
    APP_ELASTICSEARCH_PASSWORD: 'shop-elasticsearch-connection/password',
  });
});

test("stacks that share somebody else's Elasticsearch have indices of their own there", (t) => {
  const elasticsearch = { mode: 'External', connectionSecretRef: { name: 'theirs' } } as const;
  const prefixOf = (namespace: string, name: string) =>
    told('search', { ...aCompleteStack({ elasticsearch }), namespace, name })['APP_SEARCH_PREFIX'] ?? '';
  const long = 'a-shop-whose-name-has-all-of-its-40-lett';
  const prefixes = [
    prefixOf('shop', 'shop'),
    prefixOf('shop', 'other'),
    prefixOf('staging', 'shop'),
    prefixOf('shop', long),
    prefixOf('shop', `${long.slice(0, -1)}x`),
  ];
  t.is(new Set(prefixes).size, prefixes.length);
  t.regex(prefixes[0] ?? '', /^shop-[0-9a-f]{8}-$/);
  // What the service itself demands of it.
  for (const prefix of prefixes) t.regex(prefix, /^[a-z][a-z0-9-]{0,40}$/);
  t.is(prefixOf('shop', 'shop'), prefixOf('shop', 'shop'));
  t.false('APP_SEARCH_PREFIX' in told('search', aCompleteStack()));
});

test('every pod meets the restricted standard, has probes and resources and no token', (t) => {
  const stack = aCompleteStack({ profile: 'Production' });
  for (const { name, ownsDatabase } of serviceCatalog) {
    const deployment = find(desiredOf(name, stack, ownsDatabase ? migrated(stack, name) : []), 'Deployment');
    const pod = at(deployment, 'spec', 'template', 'spec');
    t.like(pod, { automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
    t.like(at(pod, 'containers', 0), {
      readinessProbe: { periodSeconds: 5 },
      livenessProbe: { periodSeconds: 10 },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
    t.truthy(at(pod, 'containers', 0, 'resources', 'limits', 'memory'));
  }
});

test('pods of Production may use all compilers of V8, others start as their images do', (t) => {
  const startOf = (stack: CompleteStack) => {
    const container = at(find(desiredOf('gateway', stack), 'Deployment'), 'spec', 'template', 'spec', 'containers', 0);
    return { command: at(container, 'command'), args: at(container, 'args') };
  };
  t.deepEqual(startOf(aCompleteStack()), { command: undefined, args: ['serve'] });
  const { command, args } = startOf(aCompleteStack({ profile: 'Production' }));
  t.true(Array.isArray(command) && command.at(0) === 'node' && command.at(-1) === 'main.js');
  t.notRegex(String(command), /--no-(maglev|turbofan|sparkplug)|--liftoff-only|--optimize-for-size/);
  t.deepEqual(args, ['serve']);
});

test('names and kinds are unique, and the same input gives the same bytes', (t) => {
  const stack = aCompleteStack({ profile: 'Production' });
  for (const { name } of serviceCatalog) {
    const desired = desiredOf(name, stack);
    const keys = desired.objects.map((object) => refKey(refOf(object)));
    t.is(new Set(keys).size, keys.length);
    t.is(JSON.stringify(desired), JSON.stringify(desiredOf(name, stack)));
    t.notRegex(JSON.stringify(desired.objects), /undefined|null/);
  }
});

test('the objects of the gateway are as reviewed', (t) => {
  const { objects } = desiredOf('gateway', aCompleteStack({ profile: 'Production' }));
  // The key is a new one in each run, and so is what is made from it.
  const stable = JSON.stringify(objects)
    .replace(/"jwks.json":"[^"]+"/, '"jwks.json":"…"')
    .replace(/config-hash":"[0-9a-f]+"/, 'config-hash":"…"');
  t.snapshot(JSON.parse(stable));
});

test('a service that uses the search gets where it is and how to log in', (t) => {
  const desired = desiredOf('gateway', aCompleteStack(), [], { ...definitionOf('gateway'), usesSearch: true });
  t.deepEqual(
    Object.entries(toldBy(desired)).filter(([name]) => name.startsWith('APP_ELASTICSEARCH')),
    [
      ['APP_ELASTICSEARCH_URLS', 'shop-elasticsearch-connection/url'],
      ['APP_ELASTICSEARCH_USERNAME', 'shop-elasticsearch-connection/username'],
      ['APP_ELASTICSEARCH_PASSWORD', 'shop-elasticsearch-connection/password'],
      ['APP_ELASTICSEARCH_CA', 'shop-elasticsearch-connection/ca.crt'],
    ],
  );
  t.notRegex(JSON.stringify(desiredOf('gateway', aCompleteStack())), /APP_ELASTICSEARCH/);
});
