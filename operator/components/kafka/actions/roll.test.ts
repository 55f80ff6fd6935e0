import test from 'ava';
import { aCompleteStack } from '../../../testing/complete.ts';
import type { ClusterFacts } from '../observed.ts';
import { aPod, healthy, healthyFacts } from '../testing/facts.ts';
import { replace, roll } from './roll.ts';

const stack = aCompleteStack({ kafka: { brokers: 3 } });

/** A plan when the named pods have an old template. */
function plan(old: readonly number[], facts: Partial<ClusterFacts> = {}, away?: number) {
  const pods = [0, 1, 2].map((ordinal) =>
    aPod(stack, ordinal, { revision: old.includes(ordinal) ? 'old' : 'new', isReady: ordinal !== away }),
  );
  return roll.plan(healthy(stack, { pods }, facts), stack);
}

test('nothing is restarted while every pod has the newest template', (t) => {
  t.is(plan([]).kind, 'none');
});

test('the active controller is the last one', (t) => {
  t.like(plan([0, 1, 2]), { kind: 'step', step: { target: 'shop-kafka-0', disruptive: true } });
  t.like(plan([1, 2]), { step: { target: 'shop-kafka-1' } });
  t.like(plan([2]), { step: { target: 'shop-kafka-2' } });
  const leaderFirst = { ...healthyFacts(stack).quorum, leaderId: 0 };
  t.like(plan([0, 1], { quorum: leaderFirst }), { step: { target: 'shop-kafka-1' } });
});

test('one at a time: another pod that is not ready blocks by name', (t) => {
  t.like(plan([0], {}, 1), { kind: 'blocked', blockedBy: 'othersRun', target: 'shop-kafka-0' });
  t.like(plan([0], { brokers: [0, 1] }), { kind: 'blocked', blockedBy: 'othersRun' });
});

test('controllers that are behind block', (t) => {
  const { quorum } = healthyFacts(stack);
  const voters = quorum.voters.map((voter) => (voter.id === 1 ? { ...voter, caughtUpAt: 7000 } : voter));
  t.like(plan([0], { quorum: { ...quorum, voters } }), { kind: 'blocked', blockedBy: 'quorumSurvives' });
  // Restarting the one that is behind itself leaves the other two.
  t.like(plan([1], { quorum: { ...quorum, voters } }), { kind: 'step' });
});

test('a partition that would fall below its minimum blocks, one that can never spare a copy does not', (t) => {
  const facts = healthyFacts(stack);
  const [first, ...rest] = facts.topics;
  if (first === undefined) return t.fail();
  const shrunk = { ...first, partitions: first.partitions.map((one) => ({ ...one, inSync: [0, 1] })) };
  t.like(plan([0], { topics: [shrunk, ...rest] }), { kind: 'blocked', blockedBy: 'partitionsSurvive' });
  t.like(plan([2], { topics: [shrunk, ...rest] }), { kind: 'step' });
  const single = { ...first, partitions: [{ id: 0, leader: 0, replicas: [0], inSync: [0] }] };
  t.like(plan([0], { topics: [single, ...rest] }), { kind: 'step' });
  return undefined;
});

test('a single broker is restarted directly', (t) => {
  const one = aCompleteStack({ kafka: { brokers: 1 } });
  const observed = healthy(one, { pods: [aPod(one, 0, { revision: 'old' })] });
  t.like(roll.plan(observed, one), { kind: 'step', step: { target: 'shop-kafka-0' } });
});

test('a pod with an old template that cannot start is replaced without asking the cluster', (t) => {
  const pods = [aPod(stack, 0), aPod(stack, 1, { revision: 'old', isReady: false, isBroken: true }), aPod(stack, 2)];
  const observed = healthy(stack, { pods, answer: { state: 'silent', message: 'nobody there' } });
  t.like(replace.plan(observed, stack), { kind: 'step', step: { target: 'shop-kafka-1' } });
  t.like(roll.plan(observed, stack), { kind: 'blocked', blockedBy: 'clusterAnswers' });
});
