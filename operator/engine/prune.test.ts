import test from 'ava';
import { refKey } from '../api/kubernetes.ts';
import { labels } from '../objects/names.ts';
import { aLive } from '../testing/live.ts';
import { selectPrunable } from './prune.ts';

const stackUid = 'stack';

test('only what this stack controls and nobody wants is pruned', (t) => {
  const wanted = aLive('Service', 'wanted', { ownerUid: stackUid });
  const old = aLive('Service', 'old', { ownerUid: stackUid });
  const children = [wanted, old, aLive('Pod', 'of-a-controller', { ownerUid: 'replicaset' }), aLive('Secret', 'free')];
  t.deepEqual(selectPrunable(children, stackUid, new Set([refKey(wanted.ref)])), [old]);
});

test('data is never pruned, nor what is going already', (t) => {
  const data = aLive('Secret', 'data', { ownerUid: stackUid, labels: { [labels.retention]: 'data' } });
  const going = aLive('Service', 'going', { ownerUid: stackUid, deleting: true });
  t.deepEqual(selectPrunable([data, going], stackUid, new Set()), []);
});
