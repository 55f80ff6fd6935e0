import test from 'ava';
import { waitFor } from '../../lab/control-plane/wait.ts';
import type { EcommerceStackSpec } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { BulkWriter, findLostDocuments } from '../../operator/components/elasticsearch/testing/writer.ts';
import { listObjects } from '../support/read-objects.ts';
import { namespace, ShopCluster } from '../support/shop-cluster.ts';
import { conditionOf } from '../support/stacks.ts';

const spec: Partial<EcommerceStackSpec> = { elasticsearch: { nodes: 3, heapSize: '300m' } };
const index = 'products';

let lab: ShopCluster;

test.before(async () => {
  lab = await ShopCluster.start();
});

test.after.always(async () => {
  await lab?.[Symbol.asyncDispose]();
});

test.serial(
  'three nodes become Ready; kills and a roll lose no acknowledged document; idle writes nothing',
  async (t) => {
    const began = performance.now();
    await lab.ready('shop', spec, 400_000);
    t.log(`Ready after ${seconds(began)}`);
    const { url } = await lab.cluster.publish({ namespace, name: 'shop-elasticsearch', port: 9200 }, 0);
    await request(url, `/${index}`, 'PUT', { settings: { number_of_replicas: 1 } });
    await request(url, '/_cluster/health?wait_for_status=green&timeout=30s', 'GET');
    const writer = BulkWriter.start(() => [url], index);
    t.teardown(() => writer.stop());
    await waitFor('some writes', async () => writer.acknowledged > 50, { timeoutMs: 60_000 });

    const master = await masterOf(url);
    const other = (await lab.pods('elasticsearch')).find((name) => name !== master) ?? '';
    for (const pod of [other, master]) {
      writer.takeLongestGapMs();
      const killed = performance.now();
      await lab.kubectl('delete', 'pod', pod, '-n', namespace, '--force', '--grace-period=0');
      await waitFor('the stack notices', async () => !(await isReady()), { timeoutMs: 60_000 });
      await lab.becomesReady('shop');
      t.log(
        `${pod === master ? 'master' : 'node'} killed: Ready again after ${seconds(killed)}, gap ${writer.takeLongestGapMs()} ms`,
      );
    }

    const rolled = performance.now();
    const [before, lastMaster] = [await podsByAge(), await masterOf(url)];
    await lab.ready('shop', { elasticsearch: { ...spec.elasticsearch, heapSize: '320m' } }, 400_000);
    t.log(`rolled in ${seconds(rolled)}, gap ${writer.takeLongestGapMs()} ms`);
    const after = await podsByAge();
    t.deepEqual(
      after.filter(({ uid }) => before.some((pod) => pod.uid === uid)),
      [],
      'every pod is a new one',
    );
    t.is(after.at(-1)?.name, lastMaster, 'the master goes last');
    const written = await writer.stop();
    t.log(
      `${written.acknowledged.length} acknowledged of ${written.attempts} attempts, longest gap ${written.longestGapMs} ms`,
    );
    t.deepEqual(await findLostDocuments(url, index, written.acknowledged), []);
    t.deepEqual(await request(url, '/_cluster/settings?flat_settings=true', 'GET'), { persistent: {}, transient: {} });

    const idle = await versions();
    const since = performance.now();
    await waitFor('some time has passed', async () => performance.now() - since > 20_000, {
      timeoutMs: 30_000,
      intervalMs: 1000,
    });
    t.deepEqual(await versions(), idle);
  },
);

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

async function isReady(): Promise<boolean> {
  return conditionOf(await lab.stack('shop'), 'ElasticsearchReady')?.status === 'True';
}

async function masterOf(url: string): Promise<string> {
  // `as`: the format of the server's answer.
  const rows = (await request(url, '/_cat/master?format=json', 'GET')) as readonly { readonly node: string }[];
  return rows[0]?.node ?? '';
}

async function request(url: string, path: string, method: string, body?: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answer.json();
}

/** The nodes' pods, oldest first. */
async function podsByAge(): Promise<readonly { readonly name: string; readonly uid: string }[]> {
  const pods = await listObjects(lab.cluster, namespace, 'pods');
  return pods
    .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'elasticsearch')
    .toSorted((a, b) => (String(a.metadata.creationTimestamp) < String(b.metadata.creationTimestamp) ? -1 : 1))
    .map(({ metadata }) => ({ name: metadata.name, uid: metadata.uid ?? '' }));
}

/** Versions of everything that the operator owns here. */
async function versions(): Promise<readonly string[]> {
  const objects = await listObjects(
    lab.cluster,
    namespace,
    'ecommercestacks',
    'statefulsets',
    'services',
    'configmaps',
    'secrets',
    'poddisruptionbudgets',
  );
  return objects
    .filter(({ metadata }) => metadata.name === 'shop' || metadata.name.startsWith('shop-e'))
    .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);
}
