import test from 'ava';
import { settingNames } from '../markers.ts';
import type { ClusterFacts } from '../observed.ts';
import { aSearchStack, aShard, nodeName, observeNodes } from '../testing/model.ts';
import { scale } from './scale.ts';

const leaving = [nodeName(1), nodeName(2)];
const one = aSearchStack(1);
const told = { [settingNames.exclude]: leaving.join(','), [settingNames.leaving]: leaving.join(',') };
const drained = [aShard(), aShard({ isPrimary: false, state: 'UNASSIGNED', node: undefined })];

/** Three nodes of which one is wanted. */
function plan(facts: Partial<ClusterFacts>) {
  return scale.plan(observeNodes(3, { facts }), one);
}

test('more nodes need no step', (t) => {
  t.deepEqual(scale.plan(observeNodes(3), aSearchStack(3)), { kind: 'none' });
});

test('shards leave, then votes, then pods', (t) => {
  t.like(plan({}), { step: { name: 'DrainNodes', disruptive: false, details: { leaving } } });
  const tied = [aShard({ node: nodeName(2) }), aShard({ isPrimary: false, node: nodeName(1) })];
  t.like(plan({ settings: told, shards: tied }), { kind: 'blocked', blockedBy: 'shardsDrained' });
  t.like(plan({ settings: told, shards: [aShard({ state: 'RELOCATING' })] }), { blockedBy: 'shardsDrained' });
  t.like(plan({ settings: told, shards: drained }), { step: { name: 'WithdrawVotes', disruptive: false } });
  const ready = { settings: told, shards: drained, voteless: leaving };
  t.like(plan(ready), { step: { name: 'RemovePods', disruptive: true, details: { replicas: 1 } } });
});

test("nodes that stay must be well, and somebody else's exclusion is not overwritten", (t) => {
  const away = observeNodes(3, { facts: { settings: told, shards: drained }, pods: { 0: { isReady: false } } });
  t.like(scale.plan(away, one), { kind: 'blocked', blockedBy: 'othersRun' });
  t.like(plan({ settings: { [settingNames.exclude]: 'theirs' } }), { blockedBy: 'allocationFree' });
});

test('what was told is taken back when the pods are gone, or shall stay', (t) => {
  const gone = observeNodes(1, { facts: { settings: told } });
  t.like(scale.plan(gone, one), { step: { name: 'FinishDrain' } });
  const pending = observeNodes(1, { facts: { settings: told, nodes: nodesOf(3) } });
  t.deepEqual(scale.plan(pending, one), { kind: 'none' });
  const back = observeNodes(3, { facts: { settings: told } });
  t.like(scale.plan(back, aSearchStack(3)), { step: { name: 'FinishDrain' } });
});

function nodesOf(count: number) {
  const { answer } = observeNodes(count);
  return answer.state === 'up' ? answer.facts.nodes : [];
}
