import test from 'ava';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aShape, type Deviations, formedModel, observe } from '../testing/model.ts';
import { replace, roll } from './roll.ts';

const shape = aShape(3, 1);
const stack = aCompleteStack({ redis: { shards: 3, replicasPerShard: 1 } });

/** A cluster in which these ordinals have an old template. */
function outdated(ordinals: readonly number[], deviations: Omit<Deviations, 'shape'> = {}) {
  const model = formedModel(shape);
  for (const ordinal of ordinals) {
    const node = model.nodes[ordinal];
    if (node !== undefined) {
      node.revision = 'old';
    }
  }
  return observe(model, { shape, ...deviations });
}

test('nothing is restarted while every pod has the newest template', (t) => {
  t.deepEqual(roll.plan(outdated([]), stack), { kind: 'none' });
});

test('nothing is restarted before Kubernetes has seen the newest template', (t) => {
  const statefulSet = { uid: 'uid', replicas: 6, updateRevision: undefined };
  t.deepEqual(roll.plan(outdated([0, 1], { rest: { statefulSet } }), stack), { kind: 'none' });
});

test('a replica goes before any primary', (t) => {
  const plan = roll.plan(outdated([0, 1, 2, 4]), stack);
  t.like(plan, { kind: 'step', step: { name: 'RestartPod', target: 'shop-redis-4', disruptive: true } });
});

test('a primary goes only after its replica took over', (t) => {
  const plan = roll.plan(outdated([1]), stack);
  t.like(plan, { step: { name: 'SwitchPrimary', target: 'shop-redis-1', disruptive: true } });
  t.like(plan, { step: { details: { replica: { pod: 'shop-redis-4' } } } });
});

test('a primary without replicas is restarted directly, and the message says what that means', (t) => {
  const model = formedModel(aShape(3, 0));
  const [first] = model.nodes;
  if (first !== undefined) {
    first.revision = 'old';
  }
  const plan = roll.plan(observe(model, { shape: aShape(3, 0) }), stack);
  t.like(plan, { step: { name: 'RestartPod', target: 'shop-redis-0' } });
  t.regex(plan.kind === 'step' ? plan.step.message : '', /its keys are away until it is back/);
});

const blockers: readonly (readonly [string, Omit<Deviations, 'shape'>])[] = [
  ['allNodesOk', { pods: { 5: { isDeleting: true } } }],
  ['allNodesOk', { pods: { 5: { isReady: false } } }],
  ['allNodesOk', { answers: { 5: { state: 'silent', message: 'away' } } }],
  ['allNodesOk', { facts: { 5: { isStateOk: false } } }],
  ['noOpenSlots', { facts: { 0: { migrating: [{ slot: 1, peerId: 'id-1' }] } } }],
  [
    'replicasInSync',
    {
      facts: { 5: { replication: { offset: 0, isStreaming: false, source: 'address-of-id-2', followers: new Map() } } },
    },
  ],
];

for (const [index, [blockedBy, deviations]] of blockers.entries()) {
  test(`a roll waits and names the check: ${blockedBy}, case ${index}`, (t) => {
    t.like(roll.plan(outdated([3], deviations), stack), { kind: 'blocked', blockedBy, target: 'shop-redis-3' });
  });
}

test('a pod that does not work and has an old template is restarted without waiting for health', (t) => {
  const away = { answers: { 3: { state: 'silent', message: 'away' } }, pods: { 3: { isReady: false } } } as const;
  t.like(replace.plan(outdated([3], away), stack), { step: { target: 'shop-redis-3' } });
  t.deepEqual(replace.plan(outdated([], away), stack), { kind: 'none' });
});

test('a pod that loads its data is left alone', (t) => {
  const loading = { answers: { 3: { state: 'loading' } }, pods: { 3: { isReady: false } } } as const;
  t.deepEqual(replace.plan(outdated([3], loading), stack), { kind: 'none' });
});
