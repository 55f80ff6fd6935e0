import test from 'ava';
import { type CategoryNode, type CategoryRow, toTree } from './category.ts';

const row = (id: string, parentId: string | null, position = 0): CategoryRow => ({
  id,
  parentId,
  position,
  slug: id,
  name: id.toUpperCase(),
  version: 1,
});
const shape = (nodes: readonly CategoryNode[]): unknown => nodes.map((node) => [node.id, shape(node.children)]);

test('siblings are ordered by position and then by name', (t) => {
  const tree = toTree([row('b', null), row('a', null), row('z', null, -1), row('a1', 'a'), row('a0', 'a')]);
  t.deepEqual(shape(tree), [
    ['z', []],
    [
      'a',
      [
        ['a0', []],
        ['a1', []],
      ],
    ],
    ['b', []],
  ]);
});

test('a row without its parent is a root', (t) => {
  t.deepEqual(shape(toTree([row('child', 'missing')])), [['child', []]]);
});
