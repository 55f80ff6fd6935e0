import test from 'ava';
import { toConditions } from './conditions.ts';

const draft = { type: 'Ready', status: 'False', reason: 'PartsNotReady', message: 'm' } as const;
const earlier = { ...draft, lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 };
const stamp = { generation: 2, now: '2026-02-02T00:00:00Z' };

test('the time moves only when the status flips', (t) => {
  const [same] = toConditions([{ ...draft, message: 'other' }], [earlier], stamp);
  t.like(same, { lastTransitionTime: earlier.lastTransitionTime, message: 'other', observedGeneration: 2 });
  const [flipped] = toConditions([{ ...draft, status: 'True' }], [earlier], stamp);
  t.is(flipped?.lastTransitionTime, stamp.now);
});

test('all conditions of a pass are kept, whatever was there before', (t) => {
  const drafts = ['Ready', 'SpecValid', 'RedisReady'].map((type) => ({ ...draft, type }));
  t.deepEqual(
    toConditions(drafts, [earlier], stamp).map(({ type }) => type),
    ['Ready', 'SpecValid', 'RedisReady'],
  );
});
