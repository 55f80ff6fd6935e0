import test, { type ExecutionContext } from 'ava';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { kinds } from '../../operator/api/kinds.ts';
import type { KubernetesObject, ObjectRef } from '../../operator/api/kubernetes.ts';
import type { ObjectCache, ObjectChange } from '../../operator/kube/object-cache.ts';
import { fieldManager } from '../../operator/objects/names.ts';
import { aCache, connect, eventually, type KubeSetup, labelsOf, metricValue } from '../support/kube.ts';

let server: LocalControlPlane;
let setup: KubeSetup;

test.before(async () => {
  server = await startApiServer();
  setup = await connect(server);
});

test.after.always(async () => {
  await setup?.transport.close();
  await server?.stop();
});

interface Rig {
  readonly cache: ObjectCache;
  readonly changes: string[];
}

async function startCache(t: ExecutionContext, namespace: string): Promise<Rig> {
  await server.kubectl(['create', 'namespace', namespace]);
  const cache = aCache(setup, [kinds.ConfigMap, kinds.Deployment, kinds.Secret], [namespace]);
  const changes: string[] = [];
  cache.onChange((stack, change) => changes.push(describe(stack, change)));
  const stop = new AbortController();
  const running = cache.start(stop.signal);
  t.teardown(() => {
    stop.abort();
    return running;
  });
  await cache.whenSynced();
  return { cache, changes };
}

function describe(stack: string, { ref, type, differs }: ObjectChange): string {
  return `${stack} ${ref.kind}/${ref.name} ${type} ${differs.join('+')}`.trim();
}

function aConfigMap(namespace: string, name: string, data: Record<string, string> = { a: '1' }): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: labelsOf('shop') }, data };
}

function aDeployment(namespace: string, name: string): KubernetesObject {
  const labels = { ...labelsOf('shop'), app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'shop:1' }] } },
    },
  };
}

const refTo = ({ apiVersion, kind, metadata: { name, namespace = '' } }: KubernetesObject): ObjectRef => ({
  apiVersion,
  kind,
  namespace,
  name,
});

const apply = (object: KubernetesObject) => setup.client.apply(object, { manager: fieldManager });

test('the cache shows what is applied, and only what carries our labels', async (t) => {
  const { cache, changes } = await startCache(t, 'shown');
  const object = aConfigMap('shown', 'ours');
  await server.kubectl(['create', 'configmap', 'foreign', '--from-literal=a=1', '-n', 'shown']);
  await apply(object);
  const live = await eventually('the object in the cache', () => cache.get(refTo(object)));
  t.like(live, { ref: refTo(object), labels: labelsOf('shop'), deleting: false });
  t.deepEqual(live.owned as unknown, { metadata: { labels: labelsOf('shop') }, data: { a: '1' } });
  t.deepEqual(
    cache.listByStack('shown', 'shop').map(({ ref }) => ref.name),
    ['ours'],
  );
  t.deepEqual(changes, ['shown/shop ConfigMap/ours added']);
  cache.verified(refTo(object));
  t.is(cache.get(refTo(object))?.owned, undefined);
  t.is(cache.get(refTo(object))?.ownedHash, live.ownedHash);
});

test('our own write is in the cache at once; drift, status and deletion of others are told', async (t) => {
  const { cache, changes } = await startCache(t, 'writes');
  const object = aDeployment('writes', 'shop');
  const applied = cache.upsert(await apply(object));
  t.is(cache.get(refTo(object)), applied);
  await server.kubectl(['set', 'image', 'deployment/shop', 'main=evil:1', '-n', 'writes']);
  await eventually('the drift', () => changes.some((change) => change.includes(' changed owned')));
  t.not(cache.get(refTo(object))?.ownedHash, applied.ownedHash);
  await server.kubectl(['annotate', 'deployment/shop', 'note=foreign', '-n', 'writes']);
  t.is(cache.upsert(await apply(object)).ownedHash, applied.ownedHash);
  const status = {
    observedGeneration: 3,
    replicas: 2,
    readyReplicas: 1,
    conditions: [
      { type: 'Available', status: 'True', reason: 'R', message: 'M', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  };
  await setup.client.patch(refTo(object), { status }, { subresource: 'status' });
  await eventually('the status', () => changes.some((change) => change.endsWith('status')));
  t.like(cache.get(refTo(object))?.status, { specReplicas: 2, observedGeneration: 3, replicas: 2, readyReplicas: 1 });
  await setup.client.remove(refTo(object), { propagation: 'Foreground' });
  await eventually('the deletion', () => changes.some((change) => change.endsWith('deletion')));
  t.true(cache.get(refTo(object))?.deleting);
});

test('a stack at rest tells of drift, of new objects and of deletions as before', async (t) => {
  const { cache, changes } = await startCache(t, 'rest');
  const objects = ['one', 'two'].map((name) => aDeployment('rest', name));
  for (const object of objects) {
    cache.upsert(await apply(object));
  }
  const seen = () => cache.listByStack('rest', 'shop').map((live) => JSON.stringify(live));
  // Kubernetes' controllers do not run here: nobody changes them but we.
  const before = seen();
  t.is(before.length, 2);
  cache.rest('rest', 'shop');
  t.deepEqual(seen(), before);
  cache.rest('rest', 'shop');
  await server.kubectl(['set', 'image', 'deployment/two', 'main=evil:1', '-n', 'rest']);
  await eventually('the drift', () => changes.includes('rest/shop Deployment/two changed owned'));
  cache.rest('rest', 'shop');
  await apply(aConfigMap('rest', 'three'));
  await eventually('the new object', () => changes.includes('rest/shop ConfigMap/three added'));
  cache.verified({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rest', name: 'three' });
  cache.rest('rest', 'shop');
  await server.kubectl(['delete', 'deployment/one', '-n', 'rest']);
  await eventually('the deletion', () => changes.includes('rest/shop Deployment/one removed'));
  t.deepEqual(
    cache.listByStack('rest', 'shop').map(({ ref }) => ref.name),
    ['three', 'two'],
  );
});

test('a changed Secret value is a change although it is not ours, and its value is not kept', async (t) => {
  const { cache, changes } = await startCache(t, 'secret');
  const data = { password: Buffer.from('hunter2').toString('base64') };
  const metadata = { name: 'credentials', namespace: 'secret', labels: labelsOf('shop') };
  cache.upsert(await setup.client.create({ apiVersion: 'v1', kind: 'Secret', metadata, data }));
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: 'secret', name: 'credentials' };
  t.notRegex(JSON.stringify(cache.get(ref)), /hunter2|aHVudGVyMg/);
  await setup.client.patch(ref, { data: { password: Buffer.from('changed').toString('base64') } });
  await eventually('the change', () => changes.includes('secret/shop Secret/credentials changed status'));
});

test('a removed object is forgotten at once, and events on their way do not bring it back', async (t) => {
  const { cache, changes } = await startCache(t, 'removed');
  const object = aConfigMap('removed', 'short-lived');
  const live = cache.upsert(await apply(object));
  await setup.client.remove(refTo(object), { uid: live.uid });
  cache.markRemoved(refTo(object), live.uid);
  t.is(cache.get(refTo(object)), undefined);
  const successor = cache.upsert(await apply(object));
  t.not(successor.uid, live.uid);
  await apply(aConfigMap('removed', 'later'));
  await eventually('a later event', () => changes.includes('removed/shop ConfigMap/later added'));
  t.is(cache.get(refTo(object))?.uid, successor.uid);
  t.is(cache.listByStack('removed', 'shop').length, 2);
});

test.serial('what happened while the API server was away is there within seconds of its return', async (t) => {
  const { cache } = await startCache(t, 'outage');
  const kept = aConfigMap('outage', 'kept');
  const gone = aConfigMap('outage', 'gone');
  await Promise.all([apply(kept), apply(gone)]);
  await eventually('both objects', () => cache.get(refTo(gone)) !== undefined && cache.get(refTo(kept)) !== undefined);
  await server.stopProgram('kube-apiserver');
  await eventually('the outage is noticed', () => cache.problems().length === 3);
  await server.startProgram('kube-apiserver');
  const returnedAt = performance.now();
  await server.kubectl(['delete', 'configmap', 'gone', '-n', 'outage']);
  await apply(aConfigMap('outage', 'new'));
  await eventually(
    'the cache is up to date',
    () => cache.get(refTo(gone)) === undefined && cache.get(refTo(aConfigMap('outage', 'new'))) !== undefined,
  );
  const seconds = (performance.now() - returnedAt) / 1000;
  t.log(`up to date ${seconds.toFixed(1)} s after the API server`);
  t.true(seconds < 10);
  await eventually('all watches work', () => cache.problems().length === 0);
});

test('a thousand edits leave the cache as the API server has it', async (t) => {
  const { cache } = await startCache(t, 'many');
  const names = Array.from({ length: 50 }, (_, index) => `object-${index}`);
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(names.map((name) => apply(aConfigMap('many', name, { round: String(round) }))));
  }
  const list = await setup.client.list(kinds.ConfigMap, {
    namespace: 'many',
    labelSelector: 'ecommerce.stack/stack=shop',
  });
  const versions = (objects: readonly { name: string; version: string | undefined }[]) =>
    objects.map(({ name, version }) => `${name}@${version}`).toSorted();
  const wanted = versions(list.map(({ metadata }) => ({ name: metadata.name, version: metadata.resourceVersion })));
  const found = () =>
    versions(
      cache
        .listByStack('many', 'shop')
        .map(({ ref, resourceVersion }) => ({ name: ref.name, version: resourceVersion })),
    );
  await eventually('the newest versions', () => found().join() === wanted.join());
  t.is(wanted.length, 50);
  t.is(await metricValue(setup.registry, 'ecommerce_informer_errors_total', { reason: 'Handler' }), 0);
});
