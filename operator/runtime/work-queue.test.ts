import test from 'ava';
import fc from 'fast-check';
import { createRuntimeMetrics } from './metrics.ts';
import { createBackoff } from './rate-limiter.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';
import { createWorkQueue, type Lane, type QueueItem, type WorkQueue } from './work-queue.ts';

function aQueue() {
  const clock = new ManualClock();
  const { queue: metrics, registry } = createRuntimeMetrics();
  const limiter = createBackoff({ random: () => 0.5 });
  const queue: WorkQueue<string> = createWorkQueue({ name: 'stack', limiter, clock, metrics });
  return { clock, queue, registry };
}

async function takeKey(queue: WorkQueue<string>): Promise<string | undefined> {
  return (await queue.take())?.key;
}

/** The item, or `undefined` when none is ready now. The taker stays in line. */
async function ready(taken: Promise<QueueItem<string> | undefined>): Promise<QueueItem<string> | undefined> {
  let item: QueueItem<string> | undefined;
  void taken.then((value) => {
    item = value;
  });
  await settle();
  return item;
}

test('equal keys collapse and come in the order of arrival', async (t) => {
  const { queue } = aQueue();
  for (const key of ['a', 'b', 'a', 'c', 'b']) {
    queue.add(key);
  }
  t.is(queue.depth, 3);
  t.deepEqual([await takeKey(queue), await takeKey(queue), await takeKey(queue)], ['a', 'b', 'c']);
});

test('a key that is worked on is not handed out again until it is done', async (t) => {
  const { queue } = aQueue();
  queue.add('a');
  await queue.take();
  queue.add('a');
  queue.add('a');
  const next = queue.take();
  t.is(await ready(next), undefined);
  queue.done('a');
  t.is((await ready(next))?.key, 'a');
  queue.done('a');
  t.is(queue.depth, 0);
});

test('what a user waits for goes ahead, and lifts a key that waits already', async (t) => {
  const { queue } = aQueue();
  queue.add('resync-1');
  queue.add('resync-2');
  queue.add('edited', { lane: 'user', trigger: 'watch:EcommerceStack' });
  queue.add('resync-2', { lane: 'user' });
  const items = [await queue.take(), await queue.take(), await queue.take()];
  t.deepEqual(
    items.map((item) => `${item?.key} ${item?.lane}`),
    ['edited user', 'resync-2 user', 'resync-1 background'],
  );
  t.is(items[0]?.trigger, 'watch:EcommerceStack');
});

test('a key lifted while it is worked on comes back in the lane of the user', async (t) => {
  const { queue } = aQueue();
  queue.add('a');
  await queue.take();
  queue.add('a', { trigger: 'watch:Pod' });
  queue.add('a', { lane: 'user', trigger: 'watch:EcommerceStack' });
  queue.add('b');
  queue.done('a');
  t.like(await queue.take(), { key: 'a', lane: 'user', trigger: 'watch:Pod' });
});

test('of several delays of a key the earliest counts', async (t) => {
  const { clock, queue } = aQueue();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 300);
  const next = queue.take();
  await clock.advance(99);
  t.is(await ready(next), undefined);
  await clock.advance(1);
  t.is((await ready(next))?.key, 'a');
  queue.done('a');
  await clock.advance(1_000);
  t.is(queue.depth, 0);
});

test('a pass that starts now clears the delay of its key', async (t) => {
  const { clock, queue } = aQueue();
  queue.addAfter('a', 100);
  queue.add('a');
  await queue.take();
  queue.done('a');
  await clock.advance(1_000);
  t.is(queue.depth, 0);
});

test('a failing key comes back later and later; forget starts again', async (t) => {
  const { queue } = aQueue();
  const delays = Array.from({ length: 12 }, () => queue.addRateLimited('a'));
  t.deepEqual(delays.slice(0, 4), [250, 500, 1_000, 2_000]);
  t.is(delays.at(-1), 300_000);
  t.is(queue.failures('a'), 12);
  queue.forget('a');
  t.is(queue.addRateLimited('a'), 250);
  t.is(queue.addRateLimited('a', { leastDelayMs: 9_000 }), 9_000);
});

test('shutting down wakes every worker, forgets what waits and reports when the last key is done', async (t) => {
  const { clock, queue } = aQueue();
  queue.add('a');
  await queue.take();
  queue.add('a');
  queue.addAfter('b', 10);
  const waiting = queue.take();
  queue.shutDown();
  t.is(await waiting, undefined);
  t.is(await queue.take(), undefined);
  let isDrained = false;
  void queue.drained().then(() => {
    isDrained = true;
  });
  await settle();
  t.false(isDrained);
  queue.done('a');
  await settle();
  t.true(isDrained);
  queue.add('c');
  await clock.advance(1_000);
  t.is(queue.depth, 0);
  t.is(clock.pending, 0);
});

test('done without take is a bug that is told', (t) => {
  const { queue } = aQueue();
  t.throws(() => queue.done('a'), { message: /done\(a\)/ });
});

test('the metrics have the names and labels of controller-runtime', async (t) => {
  const { clock, queue, registry } = aQueue();
  queue.add('a', { lane: 'user' });
  queue.add('b');
  await queue.take();
  await clock.advance(2_000);
  const text = await registry.metrics();
  t.regex(text, /workqueue_depth\{name="stack",controller="stack",priority="user"\} 0/);
  t.regex(text, /workqueue_depth\{name="stack",controller="stack",priority="background"\} 1/);
  t.regex(text, /workqueue_adds_total\{name="stack",controller="stack"\} 2/);
  t.regex(text, /workqueue_unfinished_work_seconds\{name="stack",controller="stack"\} 2/);
  t.regex(text, /workqueue_longest_running_processor_seconds\{name="stack",controller="stack"\} 2/);
  t.regex(text, /workqueue_retries_total\{name="stack",controller="stack"\} 0/);
});

const key = fc.constantFrom('a', 'b', 'c');
const lane = fc.constantFrom<Lane>('user', 'background');
type Act = (model: QueueModel) => unknown;
const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ key, lane }).map(
    ({ key: name, lane: to }): Act =>
      (model) =>
        model.want(name).add(name, { lane: to }),
  ),
  fc.record({ key, ms: fc.integer({ min: 1, max: 50 }) }).map(
    ({ key: name, ms }): Act =>
      (model) =>
        model.want(name).addAfter(name, ms),
  ),
  key.map(
    (name): Act =>
      (model) =>
        model.want(name).addRateLimited(name),
  ),
  fc.constant<Act>((model) => void model.take()),
  key.map(
    (name): Act =>
      (model) =>
        model.finish(name),
  ),
  fc.integer({ min: 1, max: 60 }).map(
    (ms): Act =>
      (model) =>
        model.clock.advance(ms),
  ),
);

/** What must hold of a queue, kept beside it. */
class QueueModel {
  readonly #running = new Set<string>();
  /** Keys that somebody asked for since work on them last began. */
  readonly wanted = new Set<string>();
  readonly clock: ManualClock;
  readonly #queue: WorkQueue<string>;
  overlaps = 0;

  constructor({ clock, queue }: { clock: ManualClock; queue: WorkQueue<string> }) {
    this.clock = clock;
    this.#queue = queue;
  }

  want(name: string): WorkQueue<string> {
    this.wanted.add(name);
    return this.#queue;
  }

  async take(): Promise<void> {
    const item = await this.#queue.take();
    if (item !== undefined) {
      this.overlaps += this.#running.has(item.key) ? 1 : 0;
      this.#running.add(item.key);
      this.wanted.delete(item.key);
    }
  }

  finish(name: string): void {
    if (this.#running.delete(name)) {
      this.#queue.done(name);
    }
  }

  async workUntilIdle(): Promise<void> {
    for (let round = 0; round < 10; round += 1) {
      for (const busy of [...this.#running]) {
        this.finish(busy);
      }
      void this.take();
      await this.clock.advance(400_000);
    }
    this.#queue.shutDown();
  }
}

test('whatever happens, no key is worked on twice at a time and no wish is lost', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { maxLength: 60 }), async (steps) => {
      const model = new QueueModel(aQueue());
      for (const step of steps) {
        await step(model);
        await settle();
      }
      await model.workUntilIdle();
      t.is(model.overlaps, 0);
      t.deepEqual([...model.wanted], []);
    }),
    { numRuns: 150 },
  );
});
