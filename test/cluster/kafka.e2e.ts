import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { LabEventWriter } from '../support/kafka-writer.ts';
import { namespace, ShopCluster } from '../support/shop-cluster.ts';
import { listObjects } from '../support/stacks.ts';

/** Every service may write and read a topic of the manifest. */
const topics = [{ name: 'audit', partitions: 2 }];
const three: Partial<EcommerceStackSpec> = { kafka: { brokers: 3, topics } };

let lab: ShopCluster;

test.before(async () => {
  lab = await ShopCluster.start();
});

test.after.always(async () => {
  await lab?.[Symbol.asyncDispose]();
});

test.serial('three brokers become Ready with topics, users and a budget', async (t) => {
  const began = performance.now();
  const stack = await lab.ready('shop', three);
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
  await lab.ready('shop', { kafka: { brokers: 3, topics, parameters: { 'queued.max.requests': '400' } } }, 300_000);
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
  await lab.ready('shop', { kafka: { brokers: 3, topics, parameters } });
  t.deepEqual(await uids(), before);
  const versions = async () =>
    (await listObjects(lab.cluster, namespace, 'eshop,statefulsets,services,configmaps,secrets'))
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

async function startWriter(t: ExecutionContext): Promise<LabEventWriter> {
  const writer = await LabEventWriter.start(lab.cluster, namespace, 'shop-kafka-connection-order');
  t.teardown(async () => void (await writer.stop()));
  await waitFor('some events', async () => (await writer.acknowledged()) > 20, { timeoutMs: 60_000 });
  return writer;
}

/** Ordinal of the active controller, by the tool in the image. */
async function activeController(): Promise<number> {
  const script = [
    'printf "security.protocol=SASL_PLAINTEXT\\nsasl.mechanism=SCRAM-SHA-512\\nsasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required ',
    'username=operator password=%s;\\n" "$(cat /etc/kafka-users/admin-password)" > /tmp/client.properties;',
    'KAFKA_HEAP_OPTS=-Xmx64m /opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-server "$POD_NAME.$POD_DOMAIN:9092"',
    '--command-config /tmp/client.properties describe --status',
  ].join(' ');
  const text = await lab.kubectl('exec', '-n', namespace, 'shop-kafka-0', '--', 'sh', '-c', script);
  return Number(/LeaderId:\s+(\d+)/.exec(text)?.[1]);
}

function creation({ metadata }: Awaited<ReturnType<typeof listObjects>>[number]): string {
  return String((metadata as { readonly creationTimestamp?: string }).creationTimestamp);
}
