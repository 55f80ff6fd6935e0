import test from 'ava';
import { aShape, emptyModel, emptyNode, formedModel, observe } from './testing/model.ts';
import { absentOwners, buildTopology, identities, isEmptyNode, participants } from './topology.ts';

const shape = aShape(3, 1);

test('every slot has the owner that says so itself', (t) => {
  const { topology } = observe(formedModel(shape), { shape });
  t.deepEqual(topology.unassigned, []);
  t.deepEqual(absentOwners(topology), []);
  t.deepEqual(
    topology.shards.map(({ primary, replicas }) => [primary.id, ...replicas.map(({ id }) => id)]),
    [
      ['id-0', 'id-3'],
      ['id-1', 'id-4'],
      ['id-2', 'id-5'],
    ],
  );
});

test('of two nodes that claim a slot the one with the higher epoch owns it', (t) => {
  const facts = { 0: { epoch: 9, slots: [[0, 6000]] as const }, 1: { epoch: 8 } };
  const { topology } = observe(formedModel(shape), { shape, facts });
  t.is(topology.owners[6000], 'id-0');
  t.is(topology.owners[6001], 'id-1');
});

test('slots of a node that does not answer stay its own by the word of the others', (t) => {
  const answers = { 1: { state: 'silent', message: 'away' } } as const;
  const { topology } = observe(formedModel(shape), { shape, answers });
  t.false(topology.isComplete);
  t.deepEqual(absentOwners(topology), ['id-1']);
  t.is(topology.owned.get('id-1')?.length, 5462);
});

test('two pods that answer with one id are both left out: an address changed hands', (t) => {
  const { pods, answers } = observe(formedModel(shape), { shape });
  const doubled = new Map([...answers, ['shop-redis-1', answers.get('shop-redis-0')] as const]);
  const topology = buildTopology(
    pods,
    new Map([...doubled].flatMap(([name, one]) => (one ? [[name, one]] : []))),
    shape,
  );
  t.deepEqual(
    topology.members.map(({ ordinal }) => ordinal),
    [2, 3, 4, 5],
  );
  t.false(topology.isComplete);
});

test('empty nodes that are not wanted are no part of the cluster', (t) => {
  const model = formedModel(shape);
  model.nodes.push(emptyNode(6, 'leftover'));
  const { topology } = observe(model, { shape });
  t.true(topology.members.some((member) => isEmptyNode(member)));
  t.is(participants(topology).length, 6);
});

test('an empty cluster has no identity', (t) => {
  t.deepEqual(identities(observe(emptyModel(3), { shape: aShape(3, 0) }).topology), []);
});
