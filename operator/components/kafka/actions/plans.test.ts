import test from 'ava';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aPod, healthy, healthyFacts } from '../testing/facts.ts';
import { copies } from './copies.ts';
import { grow } from './grow.ts';
import { rights } from './rights.ts';
import { settings } from './settings.ts';
import { topics } from './topics.ts';
import { users } from './users.ts';
import { votes } from './votes.ts';

const stack = aCompleteStack({ kafka: { brokers: 3 } });
const actions = [copies, grow, rights, settings, topics, users, votes];

test('a cluster that is as it shall be plans nothing', (t) => {
  for (const action of actions) {
    t.is(action.plan(healthy(stack), stack).kind, 'none', action.name);
  }
});

test('nothing is planned while the cluster does not answer', (t) => {
  const silent = healthy(stack, { answer: { state: 'silent', message: 'nobody' } });
  for (const action of actions) {
    t.is(action.plan(silent, stack).kind, 'none', action.name);
  }
});

test('only the user whose password changed gets a new one', (t) => {
  const { users: known } = healthyFacts(stack);
  const plan = users.plan(healthy(stack, {}, { users: { ...known, order: 4095 } }), stack);
  t.like(plan, { kind: 'step', step: { name: 'SetPasswords', disruptive: false, details: { names: ['order'] } } });
});

test('topics are created with everybody there, grown, altered, and deleted only when the manifest says so', (t) => {
  const more = aCompleteStack({ kafka: { brokers: 3, topics: [{ name: 'audit', partitions: 2 }] } });
  t.like(topics.plan(healthy(stack), more), { step: { message: 'The operator creates 1 topics.' } });
  t.is(topics.plan(healthy(stack, {}, { brokers: [0, 1] }), more).kind, 'none');
  const grown = aCompleteStack({
    kafka: { brokers: 3, topics: [{ name: 'audit', partitions: 4, retentionHours: 1 }] },
  });
  t.like(topics.plan(healthy(more), grown), {
    step: { message: 'The operator grows audit to 4 partitions, sets retention.ms of audit.' },
  });
  t.is(topics.plan(healthy(more), stack).kind, 'none', 'taken out of the list: it stays');
  const absent = aCompleteStack({ kafka: { brokers: 3, topics: [{ name: 'audit', state: 'Absent' }] } });
  t.regex(String(JSON.stringify(topics.plan(healthy(more), absent))), /deletes audit/);
});

test('rights beyond the declaration are taken from services, those of others are not looked at', (t) => {
  const { rights: given } = healthyFacts(stack);
  const surplus = {
    service: 'cart',
    resource: 'topic',
    name: 'shop.payment.v1',
    pattern: 'literal',
    operation: 'read',
  } as const;
  t.like(rights.plan(healthy(stack, {}, { rights: [...given, surplus] }), stack), {
    step: { message: 'Gives services 0 rights and takes 1.' },
  });
});

test('settings of running brokers are set and taken back; a refused one is left', (t) => {
  const wanted = aCompleteStack({ kafka: { brokers: 3, parameters: { 'num.io.threads': '9' } } });
  t.like(settings.plan(healthy(stack), wanted), { step: { details: { set: { 'num.io.threads': '9' }, reset: [] } } });
  t.like(settings.plan(healthy(stack, {}, { settings: { 'num.io.threads': '9' } }), stack), {
    step: { details: { reset: ['num.io.threads'] } },
  });
  t.is(settings.plan(healthy(stack, {}, { settings: { 'min.insync.replicas': '2' } }), stack).kind, 'none');
  t.is(settings.plan(healthy(stack, {}, { settingsRefusal: 'no' }), wanted).kind, 'none');
});

test('a new volume of a node first loses the old vote, then gets one', (t) => {
  const { quorum } = healthyFacts(stack);
  const fresh = { id: 1, directoryId: 'fresh', logEnd: 100, fetchedAt: 20_000, caughtUpAt: 20_000 };
  const lost = healthy(stack, {}, { quorum: { ...quorum, observers: [fresh] } });
  t.like(votes.plan(lost, stack), {
    step: { name: 'RemoveVote', details: { change: { directoryId: 'directory-1' } } },
  });
  const voters = quorum.voters.filter(({ id }) => id !== 1);
  t.like(votes.plan(healthy(stack, {}, { quorum: { ...quorum, voters, observers: [fresh] } }), stack), {
    step: { name: 'AddVote', details: { change: { directoryId: 'fresh', id: 1 } } },
  });

  // The leader lists a member without a vote for minutes after its end.
  const stale = quorum.voters.filter(({ id }) => id === 1);
  const between = { ...quorum, voters, observers: [...stale, fresh] };
  t.like(votes.plan(healthy(stack, {}, { quorum: between }), stack), {
    step: { name: 'AddVote', details: { change: { directoryId: 'fresh' } } },
  });
  const settled = { ...quorum, voters: [...voters, fresh], observers: stale };
  t.is(votes.plan(healthy(stack, {}, { quorum: settled }), stack).kind, 'none');
});

test('more brokers give existing partitions more copies, a batch at a time, and take none away', (t) => {
  const one = aCompleteStack({ kafka: { brokers: 1 } });
  const thin = healthyFacts(one).topics;
  const observed = healthy(stack, {}, { topics: thin });
  const plan = copies.plan(observed, stack);
  if (plan.kind !== 'step') return t.fail();
  const assignments = plan.step.details['assignments'] as unknown as { replicas: number[] }[];
  t.is(assignments.length, 10);
  t.true(assignments.every(({ replicas }) => replicas[0] === 0 && new Set(replicas).size === 3));
  return undefined;
});

test('claims grow to the size of the manifest', (t) => {
  const larger = aCompleteStack({ kafka: { brokers: 3, storage: { size: '5Gi' } } });
  const claims = [{ name: 'data-shop-kafka-0', uid: 'u', phase: 'Bound', requested: '1Gi', isDeleting: false }];
  t.like(grow.plan(healthy(larger, { claims, pods: [aPod(larger, 0)] }), larger), {
    step: { details: { size: '5Gi', claims: ['data-shop-kafka-0'] } },
  });
});
