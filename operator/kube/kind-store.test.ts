import test from 'ava';
import type { KubernetesObject } from '../api/kubernetes.ts';
import { KindStore } from './kind-store.ts';
import type { PackedObject } from './packed-object.ts';
import { StringPool } from './strings.ts';

interface ObjectOptions {
  readonly uid?: string;
  readonly replicas?: number;
  readonly ready?: number;
  readonly hash?: string;
  readonly stack?: string;
  readonly deleting?: boolean;
}

function anObject(version: number, options: ObjectOptions = {}): KubernetesObject {
  const { uid = 'u1', replicas = 1, ready = 0, hash = 'h1', stack = 'shop', deleting = false } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'ns',
      uid,
      resourceVersion: String(version),
      labels: { stack },
      annotations: { hash },
      ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
      managedFields: [{ manager: 'us', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }],
    },
    spec: { replicas },
    status: { readyReplicas: ready },
  };
}

function aStore() {
  const changes: string[] = [];
  const present = new Set<PackedObject>();
  const store = new KindStore({
    kind: { apiVersion: 'apps/v1', kind: 'Deployment' },
    rules: {
      manager: 'us',
      names: { stackLabel: 'stack', appliedHashAnnotation: 'hash', identityAnnotation: 'identity' },
      pool: new StringPool(),
    },
    onChange: (_live, { type, differs }) => changes.push([type, ...differs].join(' ')),
    onEntry: (before, after) => {
      if (before !== undefined) {
        present.delete(before);
      }
      if (after !== undefined) {
        present.add(after);
      }
    },
    onDropped: () => changes.push('dropped'),
    wake: () => undefined,
    wakeAll: () => undefined,
  });
  const index = () => [...present].map(({ stack, resourceVersion }) => `${stack}@${resourceVersion}`);
  return { store, changes, index, live: () => store.get('ns/web') };
}

const key = 'ns/web';

test('an event that changes nothing of interest wakes nobody, but its version is kept', (t) => {
  const { store, changes, live } = aStore();
  store.set(anObject(1), true);
  store.set(anObject(2), false);
  t.deepEqual(changes, ['added', 'dropped']);
  t.is(live()?.resourceVersion, '2');
});

test('owned fields, status, deletion and metadata are told apart', (t) => {
  const { store, changes } = aStore();
  store.set(anObject(1), false);
  store.set(anObject(2, { ready: 1 }), false);
  store.set(anObject(3, { ready: 1, hash: 'h2' }), false);
  store.set(anObject(4, { ready: 1, hash: 'h2', deleting: true }), false);
  store.set(anObject(5, { ready: 1, hash: 'h2', deleting: true, replicas: 2 }), false);
  t.deepEqual(changes, ['added', 'changed status', 'changed metadata', 'changed deletion', 'changed owned status']);
});

test('versions are compared as numbers, and an older one is never taken', (t) => {
  const { store, changes, live } = aStore();
  store.set(anObject(10, { ready: 1 }), false);
  store.set(anObject(9, { ready: 5 }), false);
  t.deepEqual(changes, ['added']);
  t.is(live()?.resourceVersion, '10');
});

test('another uid under the same name is a removal and an addition', (t) => {
  const { store, changes, live } = aStore();
  store.set(anObject(5), false);
  store.set(anObject(6, { uid: 'u2' }), false);
  t.deepEqual(changes, ['added', 'removed', 'added']);
  t.is(live()?.uid, 'u2');
});

test('our own apply fires nothing; the watch event of it neither', (t) => {
  const { store, changes } = aStore();
  store.set(anObject(1), false);
  store.upsert(anObject(2, { hash: 'h2' }));
  store.set(anObject(2, { hash: 'h2' }), false);
  t.deepEqual(changes, ['added']);
});

test('a status that changed just before our write is not lost, although its own event is too old then', (t) => {
  const { store, changes } = aStore();
  store.set(anObject(1), false);
  store.upsert(anObject(3, { ready: 1, hash: 'h2' }));
  store.set(anObject(2, { ready: 1 }), false);
  t.deepEqual(changes, ['added', 'changed status']);
});

test('an answer that comes after the deletion does not bring the object back', (t) => {
  const { store, live } = aStore();
  store.set(anObject(1), false);
  store.delete(anObject(3));
  t.is(store.upsert(anObject(2)).resourceVersion, '2');
  t.is(live(), undefined);
});

test('a deletion that we asked for hides late events, unless the object is terminating', (t) => {
  const { store, changes, live } = aStore();
  store.set(anObject(1), false);
  store.markRemoved(key, 'u1');
  store.set(anObject(2, { ready: 1 }), false);
  t.is(live(), undefined);
  store.set(anObject(3, { deleting: true }), false);
  t.true(live()?.deleting);
  store.delete(anObject(4));
  t.is(live(), undefined);
  t.deepEqual(changes, ['added', 'added', 'removed']);
});

test('a successor is not touched by the removal or deletion of its predecessor', (t) => {
  const { store, live } = aStore();
  store.upsert(anObject(5, { uid: 'u2' }));
  store.markRemoved(key, 'u1');
  store.delete(anObject(4));
  t.is(live()?.uid, 'u2');
});

test('a list drops what is not in it, except what we wrote after it was made', (t) => {
  const { store, changes, live } = aStore();
  store.upsert(anObject(20));
  store.retain(new Set(), '10');
  t.is(live()?.resourceVersion, '20');
  store.retain(new Set(), '30');
  t.is(live(), undefined);
  t.deepEqual(changes, ['removed']);
});

test('after a list of a restored server, lower versions are taken', (t) => {
  const { store, live } = aStore();
  store.set(anObject(1000), false);
  store.clear();
  store.set(anObject(7, { ready: 1 }), false);
  t.is(live()?.resourceVersion, '7');
});

test('owned values are kept until they have been verified', (t) => {
  const { store, live } = aStore();
  store.set(anObject(1), true);
  store.set(anObject(2, { replicas: 4 }), false);
  t.deepEqual(live()?.owned as unknown, { spec: { replicas: 4 } });
  store.verified(key);
  t.is(live()?.owned, undefined);
  store.set(anObject(3, { replicas: 5 }), false);
  t.is(live()?.owned, undefined);
});

test('an object whose label changes moves to the other stack', (t) => {
  const { store, index } = aStore();
  store.set(anObject(1), false);
  store.set(anObject(2, { stack: 'other' }), false);
  t.deepEqual(index(), ['ns/other@2']);
  store.delete(anObject(3));
  t.deepEqual(index(), []);
});
