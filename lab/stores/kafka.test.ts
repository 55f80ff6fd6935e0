import test from 'ava';
import { kafkaUuid } from './kafka.ts';

test('ids are 16 bytes, the same for the same text, and no options of a command line', (t) => {
  const texts = Array.from({ length: 1_000 }, (_, index) => `cluster ${index}`);
  const ids = texts.map(kafkaUuid);
  t.deepEqual(texts.map(kafkaUuid), ids);
  t.is(new Set(ids).size, ids.length);
  t.true(ids.every((id) => /^[\w][\w-]{21}$/.test(id)));
});
