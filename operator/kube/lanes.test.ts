import test from 'ava';
import { Lanes } from './lanes.ts';

/** Tasks that end when the test says so, with the order in which they began. */
function aWorkload(lanes: Lanes) {
  const began: string[] = [];
  const running: { readonly key: string; readonly finish: () => void }[] = [];
  return {
    began,
    running,
    start(key: string, count: number): void {
      for (let index = 0; index < count; index += 1) {
        void lanes.run(key, () => {
          began.push(key);
          return new Promise<void>((resolve) => running.push({ key, finish: resolve }));
        });
      }
    },
    async finishOne(key?: string): Promise<void> {
      const index = running.findIndex((task) => key === undefined || task.key === key);
      running.splice(index, 1)[0]?.finish();
      await settle();
    },
    count: (key: string) => running.filter((task) => task.key === key).length,
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a key alone may use every lane', async (t) => {
  const work = aWorkload(new Lanes(8));
  work.start('a', 20);
  await settle();
  t.is(work.count('a'), 8);
});

test('a key gets at most half of the lanes while another waits', async (t) => {
  const work = aWorkload(new Lanes(8));
  work.start('a', 100);
  work.start('b', 100);
  await settle();
  for (let turn = 0; turn < 8; turn += 1) {
    await work.finishOne('a');
  }
  t.is(work.count('a'), 4);
  t.is(work.count('b'), 4);
});

test('keys that wait take turns', async (t) => {
  const work = aWorkload(new Lanes(2));
  work.start('a', 3);
  work.start('b', 3);
  work.start('c', 3);
  await settle();
  for (let turn = 0; turn < 7; turn += 1) {
    await work.finishOne();
  }
  t.deepEqual(work.began, ['a', 'a', 'b', 'a', 'c', 'b', 'c', 'b', 'c']);
});

test('an aborted waiter leaves and does not hold up the others', async (t) => {
  const lanes = new Lanes(1);
  const work = aWorkload(lanes);
  work.start('a', 1);
  const abort = new AbortController();
  const waiting = lanes.run('b', () => Promise.resolve('never'), abort.signal);
  const next = lanes.run('c', () => Promise.resolve('done'));
  abort.abort(new Error('too late'));
  await t.throwsAsync(waiting, { message: 'too late' });
  await work.finishOne();
  t.is(await next, 'done');
});

test('a task that fails gives its lane back', async (t) => {
  const lanes = new Lanes(1);
  await t.throwsAsync(
    lanes.run('a', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.is(await lanes.run('a', () => Promise.resolve(1)), 1);
});
