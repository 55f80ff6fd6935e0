import test from 'ava';
import { PackableMap } from './packable-map.ts';

test('nothing can be seen of a rest', (t) => {
  const map = new PackableMap<{ readonly text: string }>();
  map.rest();
  t.is(map.get('a'), undefined);
  map.set('a', { text: 'ä\n' });
  map.set('b', { text: '' });
  map.rest();
  map.rest();
  t.deepEqual(map.get('a'), { text: 'ä\n' });
  map.rest();
  map.delete('a');
  map.set('c', { text: 'c' });
  map.rest();
  t.deepEqual(
    ['a', 'b', 'c'].map((key) => map.get(key)?.text),
    [undefined, '', 'c'],
  );
});
