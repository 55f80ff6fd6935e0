import test from 'ava';
import type { KubernetesObject, ObjectMeta } from '../api/kubernetes.ts';
import { FullObjectStore } from './full-object-store.ts';

function aStack(version: number, metadata: Partial<ObjectMeta> = {}, status = {}): KubernetesObject {
  return {
    apiVersion: 'ecommerce.stack/v1beta1',
    kind: 'EcommerceStack',
    metadata: {
      name: 'shop',
      namespace: 'ns',
      uid: 'u1',
      generation: 1,
      resourceVersion: String(version),
      ...metadata,
    },
    spec: {},
    status,
  };
}

function aStore() {
  const changes: string[] = [];
  let size = 0;
  const store = new FullObjectStore({
    onChange: (key, { type, differs }) => changes.push([key, type, ...differs].join(' ')),
    onSize: (delta) => {
      size += delta;
    },
    onDropped: () => changes.push('dropped'),
  });
  return { store, changes, size: () => size };
}

test('a change of status alone wakes nobody', (t) => {
  const { store, changes } = aStore();
  store.set(aStack(1), true);
  store.set(aStack(2, {}, { phase: 'Ready' }), false);
  t.deepEqual(changes, ['ns/shop added', 'dropped']);
  t.deepEqual(store.get('ns/shop')?.['status'], { phase: 'Ready' });
});

test('generation, labels, annotations and deletion wake the stack', (t) => {
  const { store, changes } = aStore();
  store.set(aStack(1), true);
  const meta = { generation: 2, labels: { a: 'b' }, annotations: { pause: 'all' }, deletionTimestamp: 'now' };
  store.set(aStack(2, meta), false);
  t.deepEqual(changes, ['ns/shop added', 'ns/shop changed generation labels annotations deletion']);
});

test('a spec that changed just before our status write is not lost', (t) => {
  const { store, changes } = aStore();
  store.set(aStack(1), true);
  store.upsert(aStack(3, { generation: 2 }, { phase: 'Ready' }));
  store.set(aStack(2, { generation: 2 }), false);
  t.deepEqual(changes, ['ns/shop added', 'ns/shop changed generation']);
});

test('an answer for a stack that is gone does not bring it back', (t) => {
  const { store, size } = aStore();
  store.set(aStack(1), true);
  store.delete(aStack(3));
  store.upsert(aStack(2));
  t.deepEqual(store.keys(), []);
  t.is(size(), 0);
});

test('the bookkeeping that nobody reads is not kept', (t) => {
  const { store } = aStore();
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'x' };
  store.set(aStack(1, { annotations, managedFields: [{ manager: 'kubectl' }] }), true);
  const metadata = store.get('ns/shop')?.metadata;
  t.deepEqual(metadata?.annotations, { note: 'x' });
  t.is(metadata?.managedFields, undefined);
});

test('a list removes what it does not hold; another uid is another stack', (t) => {
  const { store, changes } = aStore();
  store.set(aStack(1), true);
  store.set(aStack(2, { uid: 'u2' }), false);
  store.retain(new Set());
  t.deepEqual(changes, ['ns/shop added', 'ns/shop removed', 'ns/shop added', 'ns/shop removed']);
});
