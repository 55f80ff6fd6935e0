import test from 'ava';
import fc from 'fast-check';
import { currentContext, RequestContext, runInContext } from '#chassis/context.ts';
import { ProblemError } from '#chassis/problem.ts';
import { planGroups } from './group-plan.ts';
import { KeyedGroupCommit } from './keyed-group-commit.ts';

const wait = (...keys: string[]) => ({ keys });
const plan = (waiting: readonly { keys: string[] }[], busy: string[] = [], maxItems = 10, maxGroups = 10) => {
  const { groups, rest } = planGroups(waiting, new Set(busy), { maxItems, maxGroups });
  const show = (entries: readonly { keys: string[] }[]) => entries.map(({ keys }) => keys.join('')).join(' ');
  return { groups: groups.map(show), rest: show(rest) };
};

test('who shares a key goes together, strangers go apart', (t) => {
  t.deepEqual(plan([wait('a'), wait('b'), wait('a'), wait('c')]), { groups: ['a a', 'b', 'c'], rest: '' });
  t.deepEqual(plan([wait('a'), wait('b'), wait('a', 'b'), wait('c')]), {
    groups: ['c', 'a b ab'].toReversed(),
    rest: '',
  });
});

test('who waits for a key is not overtaken for its other keys', (t) => {
  t.deepEqual(plan([wait('a', 'b'), wait('b'), wait('c')], ['a']), { groups: ['c'], rest: 'ab b' });
});

test('a group has no more entries than it may; the next ones of its keys wait', (t) => {
  t.deepEqual(plan([wait('a'), wait('a'), wait('a')], [], 2), { groups: ['a a'], rest: 'a' });
  t.deepEqual(plan([wait('a'), wait('b'), wait('a', 'b')], [], 2), { groups: ['a', 'b'], rest: 'ab' });
});

test('when no further group may start, strangers share one', (t) => {
  t.deepEqual(plan([wait('a'), wait('b'), wait('c'), wait('d')], [], 10, 2), { groups: ['a c', 'b d'], rest: '' });
  t.deepEqual(plan([wait('a'), wait('b')], [], 10, 0), { groups: [], rest: 'a b' });
});

test('whatever waits: no key is in two groups or busy, all bounds hold, nobody is lost', (t) => {
  const entry = fc.record({
    keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 }),
  });
  const limits = fc.record({ maxItems: fc.integer({ min: 1, max: 5 }), maxGroups: fc.integer({ min: 0, max: 3 }) });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), fc.subarray(['a', 'b', 'c']), limits, (waiting, busy, bounds) => {
      const { groups, rest } = planGroups(waiting, new Set(busy), bounds);
      const keys = groups.map((group) => new Set(group.flatMap((one) => one.keys)));
      const all = keys.flatMap((one) => [...one]);
      t.is(new Set(all).size, all.length);
      t.false(all.some((key) => busy.includes(key)));
      t.true(
        groups.length <= bounds.maxGroups && groups.every(({ length }) => length >= 1 && length <= bounds.maxItems),
      );
      const planned = new Set([...groups.flat(), ...rest]);
      t.true(waiting.every((one) => planned.has(one)));
      t.is(groups.flat().length + rest.length, waiting.length);
      // The first in the queue never waits behind others.
      const [first] = waiting;
      if (first !== undefined && bounds.maxGroups > 0 && !first.keys.some((key) => busy.includes(key)))
        t.false(rest.includes(first));
    }),
  );
});

interface Commit {
  readonly items: readonly string[];
  /** Request that it is part of. */
  readonly requestId: string | undefined;
  readonly finish: (error?: Error) => void;
}

/** Items are keys; the test ends each transaction itself. */
function open(bounds: { maxItems?: number; maxRunning?: number; maxWaiting?: number } = {}) {
  const commits: Commit[] = [];
  let announce = Promise.withResolvers<void>();
  const groups = new KeyedGroupCommit<string, string>({
    keysOf: (item) => [item.slice(0, 1)],
    commit: (items) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
      const finish = (error?: Error) =>
        error === undefined ? resolve(items.map((item) => `${item}!`)) : reject(error);
      commits.push({ items, requestId: currentContext()?.requestId, finish });
      announce.resolve();
      return promise;
    },
    maxItems: 10,
    maxRunning: 10,
    maxWaiting: 10,
    ...bounds,
  });
  const begun = async (count: number): Promise<Commit> => {
    while (commits.length < count) {
      await announce.promise;
      announce = Promise.withResolvers<void>();
    }
    const commit = commits[count - 1];
    if (commit === undefined) throw new Error('no commit');
    return commit;
  };
  return { groups, begun, commits };
}

test('callers that come while a transaction runs share the next one, each with its own result', async (t) => {
  const { groups, begun, commits } = open();
  const first = groups.add('a1');
  const running = await begun(1);
  const others = [groups.add('a2'), groups.add('a3'), groups.add('b1')];
  const stranger = await begun(2);
  t.deepEqual(stranger.items, ['b1'], 'another key does not wait');
  t.is(groups.waiting, 2);
  running.finish();
  t.is(await first, 'a1!');
  const next = await begun(3);
  t.deepEqual(next.items, ['a2', 'a3']);
  next.finish();
  stranger.finish();
  t.deepEqual(await Promise.all(others), ['a2!', 'a3!', 'b1!']);
  t.is(commits.length, 3);
});

test('the defect of one does not fail the others: they go again alone', async (t) => {
  const { groups, begun } = open();
  const results = Promise.allSettled([groups.add('a1'), groups.add('a2')]);
  (await begun(1)).finish(new Error('a defect'));
  (await begun(2)).finish(new Error('a defect'));
  (await begun(3)).finish();
  t.like(await results, [{ status: 'rejected' }, { status: 'fulfilled', value: 'a2!' }]);
});

test('a database that is away fails the group at once', async (t) => {
  const { groups, begun, commits } = open();
  const results = Promise.allSettled([groups.add('a1'), groups.add('a2')]);
  (await begun(1)).finish(new ProblemError('service-unavailable'));
  t.deepEqual(
    (await results).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.is(commits.length, 1);
});

test('the queue is bounded; who is beyond is told at once when to come again', async (t) => {
  const { groups, begun } = open({ maxWaiting: 2 });
  const first = groups.add('a1');
  const running = await begun(1);
  const second = groups.add('a2');
  const third = groups.add('a3');
  const error = await t.throwsAsync(async () => groups.add('a4'), { instanceOf: ProblemError });
  t.is(error?.code, 'service-unavailable');
  t.is(error?.headers['retry-after'], '1');
  running.finish();
  (await begun(2)).finish();
  t.deepEqual(await Promise.all([first, second, third]), ['a1!', 'a2!', 'a3!']);
});

test('who has gone or has no time left is not worked for, and does not end the others', async (t) => {
  const { groups, begun } = open();
  const first = groups.add('a1');
  const running = await begun(1);
  const context = new RequestContext('request-1', undefined, performance.now());
  const gone = runInContext(context, () => groups.add('a2'));
  const stays = groups.add('a3');
  context.cancel(new Error('the caller has gone'));
  running.finish();
  const next = await begun(2);
  t.deepEqual(next.items, ['a3']);
  next.finish();
  t.is((await t.throwsAsync(gone, { instanceOf: ProblemError }))?.code, 'deadline-exceeded');
  t.deepEqual(await Promise.all([first, stays]), ['a1!', 'a3!']);
});

test('a transaction of one caller is part of its request, one of several is nobody’s', async (t) => {
  const { groups, begun } = open();
  const add = (item: string) => {
    const context = new RequestContext(`request-${item}`, undefined, performance.now());
    return runInContext(context, () => groups.add(item));
  };
  const results = [add('a1')];
  const alone = await begun(1);
  results.push(add('a2'), add('a3'));
  alone.finish();
  const shared = await begun(2);
  results.push(add('a4'));
  shared.finish();
  const again = await begun(3);
  again.finish();
  t.deepEqual([alone.requestId, shared.requestId, again.requestId], ['request-a1', undefined, 'request-a4']);
  t.deepEqual(await Promise.all(results), ['a1!', 'a2!', 'a3!', 'a4!']);
});
