import test from 'ava';
import { parseRollup } from './resident.ts';

test('resident memory is split into own pages and those of files', (t) => {
  const text = '5555-7fff ---p 00000000 00:00 0 [rollup]\nRss:   102400 kB\nPss:   90000 kB\nAnonymous:   61440 kB\n';
  t.deepEqual(parseRollup(text), { rss: 100, anonymous: 60, file: 40 });
});
