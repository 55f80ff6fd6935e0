import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import { serviceNames } from '../../operator/api/v1beta1/complete-stack.ts';
import type { EcommerceStack, EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { applySecrets, connectionsTo, withWrongPasswords } from '../support/external-stores.ts';
import { LabWriter } from '../support/lab-writer.ts';
import { listObjects } from '../support/read-objects.ts';
import { createRestrictedNamespace, namespace, ShopCluster } from '../support/shop-cluster.ts';
import { conditionOf, waitForStack } from '../support/stacks.ts';

/** Every service may write and read a topic of the manifest. */
const topics = [{ name: 'audit', partitions: 2 }];

/** Servers only: what asks them are these tests, and at the end a stack that finds them as External ones. */
function servers(kafka: EcommerceStackSpec['kafka'] = {}): Partial<EcommerceStackSpec> {
  const services = Object.fromEntries(serviceNames.map((name) => [name, { enabled: false }]));
  return { services, kafka: { brokers: 3, topics, ...kafka } };
}

const outside = 'outside';

let lab: ShopCluster;

test.before(async () => {
  lab = await ShopCluster.start();
});

test.after.always(async () => {
  await lab?.[Symbol.asyncDispose]();
});

test.serial('three brokers become Ready with topics, users and a budget', async (t) => {
  const began = performance.now();
  const stack = await lab.ready('shop', servers(), 400_000);
  t.log(`Ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  t.is((await lab.pods('kafka')).length, 3);
  t.regex(stack.status?.guarantees?.['kafka'] ?? '', /3 copies/);
  t.truthy(stack.status?.components?.find(({ name }) => name === 'kafka')?.identity);
  await lab.kubectl('get', 'poddisruptionbudget', 'shop-kafka', '-n', namespace);
});

test.serial('a killed broker and a killed active controller lose no acknowledged event', async (t) => {
  const writer = await startWriter(t);
  const active = await activeController();
  const other = [0, 1, 2].find((ordinal) => ordinal !== active) ?? 0;
  for (const ordinal of [other, active]) {
    const before = await writer.acknowledged();
    await lab.kubectl('delete', 'pod', `shop-kafka-${ordinal}`, '-n', namespace, '--force', '--grace-period=0');
    await waitFor('events go on', async () => (await writer.acknowledged()) > before + 20, { timeoutMs: 90_000 });
    await lab.becomesReady('shop');
  }
  const { lost, ...record } = await writer.stop();
  t.log(JSON.stringify(record));
  t.true(record.acknowledged > 40);
  t.deepEqual(lost, []);
});

test.serial('a parameter that needs a restart rolls one broker at a time, the active controller last', async (t) => {
  const writer = await startWriter(t);
  const active = await activeController();
  const began = performance.now();
  await lab.ready('shop', servers({ parameters: { 'queued.max.requests': '400' } }), 300_000);
  t.log(`rolled in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const pods = (await listObjects(lab.cluster, namespace, 'pods'))
    .filter(({ metadata }) => metadata.name.startsWith('shop-kafka-'))
    .toSorted((a, b) => (creation(a) < creation(b) ? -1 : 1));
  t.is(pods.at(-1)?.metadata.name, `shop-kafka-${active}`);
  t.is(new Set(pods.map(({ metadata }) => metadata.labels?.['controller-revision-hash'])).size, 1);
  const { lost, ...record } = await writer.stop();
  t.log(JSON.stringify(record));
  t.deepEqual(lost, []);
});

test.serial('a dynamic parameter restarts nothing, and an unchanged stack writes nothing', async (t) => {
  const uids = async () =>
    (await listObjects(lab.cluster, namespace, 'pods')).map(({ metadata }) => `${metadata.name} ${metadata.uid}`);
  const before = await uids();
  const parameters = { 'queued.max.requests': '400', 'message.max.bytes': '2097152' };
  await lab.ready('shop', servers({ parameters }));
  t.deepEqual(await uids(), before);
  const versions = async () =>
    (await listObjects(lab.cluster, namespace, 'ecommercestacks', 'statefulsets', 'services', 'configmaps', 'secrets'))
      .filter(({ metadata }) => metadata.name.startsWith('shop-kafka') || metadata.name === 'shop')
      .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);
  const written = await versions();
  const began = performance.now();
  await waitFor('twenty seconds have passed', async () => performance.now() - began > 20_000, {
    timeoutMs: 30_000,
    intervalMs: 1000,
  });
  t.deepEqual(await versions(), written);
});

test.serial(
  'a stack that finds all stores outside says which login is wrong, and heals when its Secret is right',
  async (t) => {
    await lab.becomesReady('shop');
    await createRestrictedNamespace(lab.cluster, outside);
    const secrets = await connectionsTo(lab.cluster, namespace, 'shop');
    await applySecrets(lab.cluster, outside, withWrongPasswords(secrets));
    await lab.kubectl('apply', '-n', outside, '-f', 'examples/external-stores.yaml');
    // The lab's Elasticsearch is built without security: it takes any login.
    const expected = {
      PostgresReady: [
        'PasswordRejected',
        /password of postgres; correct the Secret of spec.postgres.connectionSecretRef/,
      ],
      RedisReady: ['AuthenticationFailed', /Check username and password in Secret shop-cache/],
      KafkaReady: ['AuthenticationFailed', /Check username, password .* in Secret shop-events/],
    } as const;
    for (const [type, [reason, message]] of Object.entries(expected)) {
      const condition = await outsideCondition(type, reason);
      t.regex(condition.message, message);
    }
    const began = performance.now();
    await applySecrets(lab.cluster, outside, secrets);
    await lab.becomesReady('shop', 240_000, outside);
    t.log(`Ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const pods = await listObjects(lab.cluster, outside, 'pods');
    const names = new Set(pods.map(({ metadata }) => metadata.labels?.['ecommerce.stack/component']));
    t.deepEqual([...names].toSorted(), ['cart', 'gateway', 'inventory', 'product', 'search', 'user']);
  },
);

test.serial('its shop answers, also while the login of the operator is wrong', async (t) => {
  const { visitor, admin } = await lab.shop('shop', outside);
  t.is((await admin.addProduct(1)).status, 201);
  const secrets = await connectionsTo(lab.cluster, namespace, 'shop');
  await applySecrets(lab.cluster, outside, { 'shop-database': withWrongPasswords(secrets)['shop-database'] });
  await outsideCondition('PostgresReady', 'PasswordRejected');
  t.is((await admin.addProduct(2)).status, 201);
  const { status, body } = await visitor.get('/api/v1/products?currency=EUR&limit=10');
  t.is(status, 200);
  t.is((body['items'] as unknown[]).length, 2);
  const isFound = async () => (await visitor.get('/api/v1/search?q=test')).body['total'] === 2;
  await waitFor('the search finds both', isFound, { timeoutMs: 60_000, intervalMs: 500 });
  // Indices of its own beside those of whoever else uses the server.
  const [server = ''] = secrets['shop-search']['url']?.split(',') ?? [];
  t.regex(
    await lab.cluster.exec(['curl', '--silent', `${server}/_cat/indices?h=index`]),
    /^shop-[0-9a-f]{8}-products-v1$/m,
  );
  await applySecrets(lab.cluster, outside, { 'shop-database': secrets['shop-database'] });
  // A Secret that is not the operator's own is read again every few seconds while the stack is not ready.
  await lab.becomesReady('shop', 240_000, outside);
  t.is((await visitor.get('/api/v1/products/test-product-2')).status, 200);
});

test.serial('its end leaves the servers and their data alone, and a next one goes on with them', async (t) => {
  const uids = async () =>
    (await listObjects(lab.cluster, namespace, 'pods')).map(({ metadata }) => `${metadata.name} ${metadata.uid}`);
  const before = await uids();
  await lab.kubectl('delete', 'eshop', 'shop', '-n', outside, '--timeout=60s');
  const isGone = async () => (await listObjects(lab.cluster, outside, 'pods')).length === 0;
  await waitFor('the pods are gone', isGone, { timeoutMs: 60_000, intervalMs: 500 });
  await lab.becomesReady('shop');
  t.deepEqual(await uids(), before);

  await lab.kubectl('apply', '-n', outside, '-f', 'examples/external-stores.yaml');
  await lab.becomesReady('shop', 240_000, outside);
  const { visitor } = await lab.shop('shop', outside);
  // Ready is what the pods say; that nodes send new connections to them comes a moment later.
  const read = async () => (await visitor.get('/api/v1/products/test-product-2')).status === 200;
  t.true(await waitFor('the product', read, { timeoutMs: 10_000 }));
});

/** A condition of the stack outside, once it gives this reason: while all is well, a Secret that is not the operator's own is read after a minute. */
async function outsideCondition(type: string, reason: string) {
  const gives = (stack: EcommerceStack) => conditionOf(stack, type)?.reason === reason;
  const stack = await waitForStack(lab.cluster, `${outside}/shop`, gives, 240_000);
  const condition = conditionOf(stack, type);
  if (condition === undefined) {
    throw new Error(`no condition ${type}`);
  }
  return condition;
}

async function startWriter(t: ExecutionContext): Promise<LabWriter> {
  const writer = await LabWriter.start(lab.cluster, {
    program: 'kafka-writer-main.ts',
    namespace,
    secret: 'shop-kafka-connection-order',
  });
  t.teardown(async () => void (await writer.stop()));
  await waitFor('some events', async () => (await writer.acknowledged()) > 20, { timeoutMs: 60_000 });
  return writer;
}

/** Ordinal of the active controller, by the tool in the image. */
async function activeController(): Promise<number> {
  const script = [
    'printf "security.protocol=SASL_PLAINTEXT\\nsasl.mechanism=SCRAM-SHA-512\\nsasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required ',
    'username=operator password=\\"%s\\";\\n" "$(cat /etc/kafka-users/admin-password)" > /tmp/client.properties;',
    'KAFKA_HEAP_OPTS=-Xmx64m /opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-server "$POD_NAME.$POD_DOMAIN:9092"',
    '--command-config /tmp/client.properties describe --status',
  ].join(' ');
  const text = await lab.kubectl('exec', '-n', namespace, 'shop-kafka-0', '--', 'sh', '-c', script);
  return Number(/LeaderId:\s+(\d+)/.exec(text)?.[1]);
}

function creation({ metadata }: Awaited<ReturnType<typeof listObjects>>[number]): string {
  return String((metadata as { readonly creationTimestamp?: string }).creationTimestamp);
}
