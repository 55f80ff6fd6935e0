import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { contentKey, filesKey } from './content-key.ts';
import { aDirectory } from './testing.ts';

test('equal parts give equal keys and other parts other keys', (t) => {
  const lists = fc.array(fc.string());
  fc.assert(
    fc.property(lists, lists, (one, other) => {
      const isEqual = JSON.stringify(one) === JSON.stringify(other);
      return (contentKey(...one) === contentKey(...other)) === isEqual;
    }),
  );
  t.not(contentKey('a', 'bc'), contentKey('ab', 'c'));
});

test('the key of files changes with their content', async (t) => {
  const one = await aDirectory(t, { Dockerfile: 'FROM a' });
  const other = await aDirectory(t, { Dockerfile: 'FROM b' });
  const key = await filesKey([join(one, 'Dockerfile')]);
  t.is(await filesKey([join(one, 'Dockerfile')]), key);
  t.not(await filesKey([join(other, 'Dockerfile')]), key);
});
