import test from 'ava';
import { timelineTable, toTimeline } from './timeline.ts';

const anApply = (kind: string, answeredAt: number) => ({
  object: { apiVersion: 'v1', kind, metadata: { name: 'a' } },
  options: { manager: 'm' },
  answeredAt,
});

test('a timeline counts from the moment the stack was accepted', (t) => {
  const applied = [
    anApply('EcommerceStack', 115),
    anApply('Secret', 120),
    anApply('Service', 150),
    anApply('EcommerceStack', 155),
  ];
  const timeline = toTimeline({ acceptedAt: 100, seenAt: 102, endedAt: 160, applied });
  t.deepEqual(timeline, { seen: 2, firstStatus: 15, firstChild: 20, lastChild: 50, passEnd: 60 });
  t.deepEqual(timelineTable('a', [timeline, timeline]).rows, [[2, 15, 20, 50, 60]]);
});
