import test from 'ava';
import { Nodes } from './nodes.ts';

test('nodes take turns; one that failed rests longer each time, and comes back', (t) => {
  let now = 0;
  const nodes = new Nodes(['a', 'b', 'c'], () => now);
  t.deepEqual([nodes.next(), nodes.next(), nodes.next()].toSorted(), ['a', 'b', 'c']);
  nodes.blame('b');
  t.false([nodes.next(), nodes.next(), nodes.next()].includes('b'));
  now = 500;
  t.true([nodes.next(), nodes.next(), nodes.next()].includes('b'));
  nodes.blame('b');
  now = 1000;
  t.false([nodes.next(), nodes.next(), nodes.next()].includes('b'), 'twice in a row: twice as long');
  nodes.praise('b');
  t.true([nodes.next(), nodes.next(), nodes.next()].includes('b'));
});

test('when all rest, the one that rests least is asked', (t) => {
  let now = 0;
  const nodes = new Nodes(['a', 'b'], () => now);
  nodes.blame('a');
  now = 100;
  nodes.blame('b');
  t.is(nodes.next(), 'a');
});

test('when all rest, one that is busy is asked before one that does not answer', (t) => {
  const nodes = new Nodes(['gone', 'busy'], () => 0);
  nodes.blame('gone');
  for (let turn = 0; turn < 3; turn += 1) {
    nodes.spare('busy');
    t.is(nodes.next(), 'busy');
  }
});
