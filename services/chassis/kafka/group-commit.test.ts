import test from 'ava';
import fc from 'fast-check';
import { GroupCommit } from './group-commit.ts';

test('what is added in one turn goes together, and what arrives meanwhile makes the next group', async (t) => {
  const groups: (readonly number[])[] = [];
  const first = Promise.withResolvers<void>();
  const commit = new GroupCommit<number>(100, async (items) => {
    groups.push(items);
    if (groups.length === 1) await first.promise;
  });
  const early = [1, 2].map((item) => commit.add(item));
  await Promise.resolve();
  await Promise.resolve();
  const late = [3, 4, 5].map((item) => commit.add(item));
  t.is(commit.waiting, 3);
  first.resolve();
  await Promise.all([...early, ...late]);
  t.deepEqual(groups, [
    [1, 2],
    [3, 4, 5],
  ]);
});

test('a failed group rejects its own items only', async (t) => {
  const commit = new GroupCommit<number>(1, async ([item]) => {
    if (item === 2) throw new Error('refused');
  });
  const results = await Promise.allSettled([1, 2, 3].map((item) => commit.add(item)));
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('nothing is lost, repeated or reordered, whatever the size of the groups', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.array(fc.nat(), { maxLength: 40 }), async (size, items) => {
      const seen: number[] = [];
      const commit = new GroupCommit<number>(size, async (group) => {
        t.true(group.length <= size);
        await Promise.resolve();
        seen.push(...group);
      });
      const added = items.map((item) => commit.add(item));
      await commit.drain();
      await Promise.all(added);
      t.deepEqual(seen, items);
    }),
  );
});
