import test from 'ava';
import { settingNames } from '../markers.ts';
import { aSearchStack, aShard, type Deviations, nodeName, observeNodes } from '../testing/model.ts';
import { release } from './release.ts';
import { replace, roll } from './roll.ts';

const stack = aSearchStack(3);
const old = { revision: 'old' };

test('nothing is restarted while every pod has the newest template, or before Kubernetes has seen it', (t) => {
  t.deepEqual(roll.plan(observeNodes(3), stack), { kind: 'none' });
  const statefulSet = { uid: 'set', replicas: 3, updateRevision: undefined };
  t.deepEqual(roll.plan(observeNodes(3, { pods: { 1: old }, rest: { statefulSet } }), stack), { kind: 'none' });
});

test('the elected master goes last, and copies are held for each restart', (t) => {
  const first = roll.plan(observeNodes(3, { pods: { 0: old, 1: old } }), stack);
  t.like(first, { step: { name: 'RestartPod', target: nodeName(1), disruptive: true } });
  t.like(first, { step: { details: { url: 'http://10.0.0.1:9200', uid: 'uid-1' } } });
  const last = roll.plan(observeNodes(3, { pods: { 0: old } }), stack);
  t.like(last, { step: { target: nodeName(0) } });
  t.regex(last.kind === 'step' ? last.step.message : '', /the elected master/);
});

test('a single node is restarted directly, yellow as it will stay', (t) => {
  const plan = roll.plan(observeNodes(1, { pods: { 0: old } }), aSearchStack(1));
  t.like(plan, { step: { target: nodeName(0), details: { pod: nodeName(0), uid: 'uid-0' } } });
  t.is(plan.kind === 'step' ? plan.step.details['url'] : '', undefined);
});

const blockers: readonly (readonly [string, Deviations])[] = [
  ['podStays', { pods: { 1: { ...old, isDeleting: true } } }],
  ['othersRun', { pods: { 1: old, 2: { isReady: false } } }],
  ['othersRun', { pods: { 1: old, 2: { isDeleting: true } } }],
  ['othersRun', { facts: { nodes: observedNodes(2) } }],
  ['allocationFree', { facts: { settings: { [settingNames.allocation]: 'none' } } }],
  ['allocationFree', { facts: { settings: { [settingNames.exclude]: nodeName(2) } } }],
  ['clusterGreen', { facts: { shards: [aShard({ state: 'UNASSIGNED', node: undefined })] } }],
  ['clusterGreen', { facts: { shards: [aShard(), aShard({ isPrimary: false, state: 'UNASSIGNED' })] } }],
  ['shardsStill', { facts: { shards: [aShard({ state: 'RELOCATING' })] } }],
  ['shardsStill', { facts: { shards: [aShard(), aShard({ isPrimary: false, state: 'INITIALIZING' })] } }],
  ['clusterAnswers', { rest: { answer: { state: 'silent', message: 'away', lonely: [] } } }],
];

for (const [index, [blockedBy, deviations]] of blockers.entries()) {
  test(`a roll waits and names the check: ${blockedBy}, case ${index}`, (t) => {
    const observed = observeNodes(3, { ...deviations, pods: { 1: old, ...deviations.pods } });
    t.like(roll.plan(observed, stack), { kind: 'blocked', blockedBy, target: nodeName(1) });
  });
}

test('a copy more than there are nodes blocks no roll', (t) => {
  const copies = [0, 1, 2].map((ordinal) => aShard({ isPrimary: ordinal === 0, node: nodeName(ordinal) }));
  const shards = [...copies, aShard({ isPrimary: false, state: 'UNASSIGNED', node: undefined })];
  t.like(roll.plan(observeNodes(3, { pods: { 1: old }, facts: { shards } }), stack), { kind: 'step' });
});

test('a pod that cannot start and has an old template is restarted without waiting for health', (t) => {
  const broken = { pods: { 1: { ...old, isBroken: true, isReady: false } } };
  t.like(replace.plan(observeNodes(3, broken), stack), { step: { target: nodeName(1) } });
  t.deepEqual(replace.plan(observeNodes(3, { pods: { 1: { isBroken: true } } }), stack), { kind: 'none' });
});

/** Copies are held for the pod 1 with this uid. */
const heldFor = (uid: string) => ({
  settings: { [settingNames.allocation]: 'primaries', [settingNames.heldFor]: `${nodeName(1)}/${uid}` },
});

test('copies are released when the pod has a successor in the cluster', (t) => {
  t.like(release.plan(observeNodes(3, { facts: heldFor('before') }), stack), { step: { name: 'ReleaseAllocation' } });
  const starting = { facts: heldFor('before'), pods: { 1: { isReady: false } } };
  t.deepEqual(release.plan(observeNodes(3, starting), stack), { kind: 'none' });
});

test('copies stay held while the old pod is still to be deleted, and are released when it need not be', (t) => {
  t.deepEqual(release.plan(observeNodes(3, { facts: heldFor('uid-1'), pods: { 1: old } }), stack), { kind: 'none' });
  t.like(release.plan(observeNodes(3, { facts: heldFor('uid-1') }), stack), { kind: 'step' });
});

test('a pod that cannot come back keeps no copies away from the others', (t) => {
  const hopeless = { facts: heldFor('before'), pods: { 1: { isReady: false, isBroken: true } } };
  t.like(release.plan(observeNodes(3, hopeless), stack), { step: { name: 'ReleaseAllocation' } });
});

test("somebody else's setting is never taken away", (t) => {
  const settings = { [settingNames.allocation]: 'primaries' };
  t.deepEqual(release.plan(observeNodes(3, { facts: { settings } }), stack), { kind: 'none' });
});

function observedNodes(count: number) {
  const { answer } = observeNodes(count);
  return answer.state === 'up' ? answer.facts.nodes : [];
}
