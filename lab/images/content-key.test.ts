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

test('the key of files changes with their content and not with where they lie', async (t) => {
  const key = async (content: string) => filesKey(await aDirectory(t, { Dockerfile: content }), ['Dockerfile']);
  t.is(await key('FROM a'), await key('FROM a'));
  t.not(await key('FROM a'), await key('FROM b'));
});
