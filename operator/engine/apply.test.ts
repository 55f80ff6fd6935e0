import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { hashOfRendering } from '../objects/hash.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { aLive } from '../testing/live.ts';
import { beginApply, decideApply } from './apply.ts';
import { emptyMemory } from './memory.ts';

const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'shop', labels: { l: '1' } },
  data: { k: 'v' },
};
const hash = hashOfRendering(object);
const owned = { metadata: { labels: { l: '1' } }, data: { k: 'v' } };

test('an object that never was is created, one that was there is repaired', (t) => {
  t.is(decideApply(object, hash, undefined, undefined), 'create');
  t.is(decideApply(object, hash, undefined, { uid: 'u', ownedHash: 'h' }), 'repair');
});

test('an object that is being deleted is waited for', (t) => {
  t.is(decideApply(object, hash, aLive('ConfigMap', 'a', { deleting: true }), undefined), 'wait');
});

test('another rendering is a change', (t) => {
  t.is(decideApply(object, hash, aLive('ConfigMap', 'a', { appliedHash: 'other' }), undefined), 'change');
});

test('the same rendering and untouched fields cost nothing', (t) => {
  const live = aLive('ConfigMap', 'a', { appliedHash: hash, ownedHash: 'h' });
  t.is(decideApply(object, hash, live, { uid: live.uid, ownedHash: 'h' }), 'skip');
});

test('a field edited by somebody else is repaired', (t) => {
  const live = aLive('ConfigMap', 'a', { appliedHash: hash, ownedHash: 'edited' });
  t.is(decideApply(object, hash, live, { uid: live.uid, ownedHash: 'h' }), 'repair');
});

test('after a restart the owned values themselves are compared', (t) => {
  t.is(decideApply(object, hash, aLive('ConfigMap', 'a', { appliedHash: hash, owned }), undefined), 'skip');
  const edited = { ...owned, data: { k: 'edited' } };
  t.is(decideApply(object, hash, aLive('ConfigMap', 'a', { appliedHash: hash, owned: edited }), undefined), 'repair');
});

test('what was expected of a predecessor of the same name does not count', (t) => {
  const live = aLive('ConfigMap', 'a', { appliedHash: hash, ownedHash: 'h', owned });
  t.is(decideApply(object, hash, live, { uid: 'predecessor', ownedHash: 'other' }), 'skip');
});

test('others wait for the Secrets of a component, a binding for the roles, the pass for all', async (t) => {
  const cluster = new FakeCluster();
  const ports = cluster.ports({ components: [] });
  const held = Promise.withResolvers<void>();
  const apply: typeof ports.kube.apply = async (body, options) => {
    await (body.kind === 'Role' ? held.promise : undefined);
    return ports.kube.apply(body, options);
  };
  const objects = ['Role', 'RoleBinding', 'ConfigMap', 'Secret'].map((kind) => ({ ...object, kind }));
  const { secrets, followers } = beginApply({ ...ports, kube: { ...ports.kube, apply } }, emptyMemory(), { objects });
  t.deepEqual(
    (await secrets).map(({ object: { kind }, decision }) => [kind, decision]),
    [['Secret', 'create']],
  );
  await nextTurn();
  t.deepEqual(cluster.writes, ['apply Secret a', 'apply ConfigMap a']);
  held.resolve();
  const { objects: rest } = await followers;
  t.deepEqual(rest.map(({ object: { kind } }) => kind).toSorted(), ['ConfigMap', 'Role', 'RoleBinding']);
  t.deepEqual(cluster.writes.slice(2), ['apply Role a', 'apply RoleBinding a']);
});
