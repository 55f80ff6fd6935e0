import test from 'ava';
import { findForgettable, findIntroductions, findMends, findMisled, findSuccessor } from './repair.ts';
import { aShape, emptyNode, formedModel, observe } from './testing/model.ts';

const shape = aShape(3, 1);

test('a healthy cluster needs nothing', (t) => {
  const observed = observe(formedModel(shape), { shape });
  t.deepEqual(findIntroductions(observed.topology), []);
  t.deepEqual(findMisled(observed.topology), []);
  t.deepEqual(findMends(observed.topology, 10), []);
  t.deepEqual(findForgettable(observed), []);
  t.is(findSuccessor(observed), undefined);
});

test('a node with another address is introduced by everybody who has the old one', (t) => {
  const model = formedModel(shape);
  const observed = observe(model, { shape, pods: { 4: { address: 'elsewhere' } } });
  const found = findIntroductions(observed.topology);
  t.is(found.length, 5);
  t.true(found.every(({ to }) => to.name === 'shop-redis-4'));
});

test('an empty node does not introduce anybody: it is taken in by those who own slots', (t) => {
  const model = formedModel(shape);
  model.nodes[4] = emptyNode(4, 'fresh');
  const found = findIntroductions(observe(model, { shape }).topology);
  t.true(found.length > 0 && found.every(({ to }) => to.id === 'fresh'));
});

test('in a large cluster one node introduces and is introduced', (t) => {
  const large = aShape(10, 1);
  const moved = Object.fromEntries(
    Array.from({ length: 20 }, (_, ordinal) => [ordinal, { address: `new-${ordinal}` }]),
  );
  const found = findIntroductions(observe(formedModel(large), { shape: large, pods: moved }).topology);
  t.is(found.length, 2 * 19);
});

test('a replica that copies from an old address is pointed to the present one', (t) => {
  const replication = { offset: 0, isStreaming: false, source: 'old-address', followers: new Map() };
  const [found] = findMisled(observe(formedModel(shape), { shape, facts: { 3: { replication } } }).topology);
  t.is(found?.replica.name, 'shop-redis-3');
  t.is(found?.primary.name, 'shop-redis-0');
});

test('an id without a pod is forgotten only when everybody has missed it for a while', (t) => {
  const model = formedModel(shape);
  model.nodes[4] = emptyNode(4, 'fresh');
  t.deepEqual(findForgettable(observe(model, { shape })), ['id-4']);
  t.deepEqual(findForgettable(observe(model, { shape, facts: { 0: { uptimeMs: 5000 } } })), []);
  const silent = { 5: { state: 'silent', message: 'away' } } as const;
  t.deepEqual(findForgettable(observe(model, { shape, answers: silent })), []);
});

test('an interrupted move is finished in its direction', (t) => {
  const facts = { 0: { migrating: [{ slot: 7, peerId: 'id-1' }] }, 1: { importing: [{ slot: 7, peerId: 'id-0' }] } };
  const mends = findMends(observe(formedModel(shape), { shape, facts }).topology, 10);
  t.is(mends.length, 1);
  t.like(mends[0], { kind: 'finish', slot: 7, from: { id: 'id-0' }, to: { id: 'id-1' } });
});

test('a move to a primary that failed over goes on to its successor', (t) => {
  const facts = { 0: { migrating: [{ slot: 7, peerId: 'id-4' }] } };
  const [mend] = findMends(observe(formedModel(shape), { shape, facts }).topology, 10);
  t.like(mend, { kind: 'finish', from: { id: 'id-0' }, to: { id: 'id-1' } });
});

test('a mark on a node that does not own the slot, or that leads nowhere, is taken away', (t) => {
  const facts = {
    0: { migrating: [{ slot: 7, peerId: 'nobody' }] },
    1: { migrating: [{ slot: 8, peerId: 'id-2' }] },
  };
  const mends = findMends(observe(formedModel(shape), { shape, facts }).topology, 10);
  t.deepEqual(
    mends.map(({ kind, slot }) => [kind, slot]),
    [
      ['close', 7],
      ['close', 8],
    ],
  );
});
