import test from 'ava';
import { hashOf } from '../objects/hash.ts';
import { aLive } from '../testing/live.ts';
import { decideApply } from './apply.ts';

const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'shop', labels: { l: '1' } },
  data: { k: 'v' },
};
const hash = hashOf(object);
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
