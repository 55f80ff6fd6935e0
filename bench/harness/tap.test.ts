import test from 'ava';
import { TapReader } from '../../scripts/test-all/tap-reader.ts';
import { atMost, exactly } from './report.ts';
import { toTap } from './tap.ts';

test('the reader of the tiers counts gates as tests and shows what is behind a broken one', (t) => {
  const reader = new TapReader();
  const gates = [atMost('handshakes', 12, 12), exactly('writes', 2, 0)];
  const lines = toTap({ name: 'idle', gates, notes: ['requests: patch services/a'] }, 7).split('\n');
  const events = lines.map((line) => reader.read(line)).filter((event) => event !== undefined);
  t.deepEqual(reader.counts, { passed: 1, failed: 1, skipped: 0 });
  t.deepEqual(events, [
    { kind: 'passed', text: 'bench › idle › handshakes: 12, at most 12' },
    { kind: 'failed', text: 'bench › idle › writes: 2, exactly 0' },
    { kind: 'detail', text: '    requests: patch services/a' },
  ]);
  t.is(lines[0]?.slice(0, 6), 'ok 8 -');
});
