import test from 'ava';
import { createEndedSessionList } from './ended-sessions.ts';

test('pages are read to the end, and the next question goes on behind them', async (t) => {
  const asked: (string | undefined)[] = [];
  const pages = [
    { items: ['a', 'b'], next: '1', isComplete: false },
    { items: ['c'], next: '2', isComplete: true },
    { items: ['c', 'd'], next: '3', isComplete: true },
  ];
  const list = createEndedSessionList(
    async (after) => {
      const page = pages[asked.length];
      asked.push(after);
      if (page === undefined) throw new Error('away');
      return { ...page, keepSeconds: 660 };
    },
    () => 0,
  );
  t.is(list.ageMs(), Number.POSITIVE_INFINITY);
  await list.learn();
  t.deepEqual(asked, [undefined, '1']);
  await list.learn();
  t.deepEqual(asked, [undefined, '1', '2']);
  await t.throwsAsync(list.learn(), { message: 'away' });
  await t.throwsAsync(list.learn());
  t.deepEqual(asked.slice(3), ['3', '3']);
  t.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].filter((id) => list.has(id)),
    ['a', 'b', 'c', 'd'],
  );
});

test('a session is forgotten when its tokens have expired, and no sooner because it came twice', async (t) => {
  let now = 0;
  let items = ['a'];
  const list = createEndedSessionList(
    async () => ({ items, next: 'x', isComplete: true, keepSeconds: 10 }),
    () => now,
  );
  await list.learn();
  items = ['a', 'b'];
  now = 5000;
  await list.learn();
  items = [];
  for (const [ms, left] of [
    [9999, ['a', 'b']],
    [10_000, ['b']],
    [15_000, []],
  ] as const) {
    now = ms;
    await list.learn();
    t.deepEqual(
      ['a', 'b'].filter((id) => list.has(id)),
      [...left],
    );
    t.is(list.size, left.length);
  }
  now = 17_000;
  t.is(list.ageMs(), 2000);
});
