import test from 'ava';
import { TestReader } from '../../scripts/test-all/test-reader.ts';
import { atMost, exactly } from './report.ts';
import { toTestLines } from './test-lines.ts';

test('the reader of the tiers counts gates as tests and shows what is behind a broken one', (t) => {
  const reader = new TestReader();
  const gates = [atMost('handshakes', 12, 12), exactly('writes', 2, 0)];
  const lines = toTestLines({ name: 'idle', gates, notes: ['requests: patch services/a'] }).split('\n');
  const events = lines.map((line) => reader.read(line)).filter((event) => event !== undefined);
  t.deepEqual(reader.counts, { passed: 1, failed: 1, skipped: 0 });
  t.deepEqual(events, [
    { kind: 'passed', text: 'bench › idle › handshakes: 12, at most 12' },
    { kind: 'failed', text: 'bench › idle › writes: 2, exactly 0' },
    { kind: 'detail', text: '    requests: patch services/a' },
  ]);
});
